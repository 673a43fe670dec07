"""Files of survey answers: what spreadsheets and survey tools write is read, any other line says why it is not."""

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.schemas import answers_file, scores
from plugin.schemas.answers_file import FileRefused, Line
from plugin.schemas.facts import PromoterAnswer

LATEST = datetime(2026, 6, 1, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HEADING = "customer id,score,date\n"


def read(content: str | bytes, zone=UTC) -> list[Line]:
    raw = content if isinstance(content, bytes) else content.encode()
    return list(answers_file.read(io.BytesIO(raw), zone, LATEST))


def only(line: str, heading: str = HEADING) -> PromoterAnswer:
    (found,) = read(heading + line)
    assert found.answer, found.problem
    return found.answer


def problem(line: str | bytes) -> str:
    raw = line if isinstance(line, bytes) else line.encode()
    (found,) = read(HEADING.encode() + raw)
    assert found.answer is None
    assert found.number == 2
    return found.problem


SPELLINGS = {
    "plain": "customer id,score,date\n7,9,2026-05-01\n",
    "a heading in capitals and in another order": "Date;NPS Score;Customer ID\n2026-05-01;9;7\n",
    "tabs": "gid\tscore\tdate\ngid://shopify/Customer/7\t9\t2026-05-01\n",
    "other columns": "email,customer_id,comment,nps,submitted_at\na@b.test,7,=HYPERLINK(1),9,2026-05-01\n",
    "a mark in front and Windows' line ends": "\ufeffcustomer id,score,date\r\n7,9,2026-05-01\r\n",
    "an old Mac's line ends": "customer id,score,date\r7,9,2026-05-01\r",
    "no line end at all": "customer id,score,date\n7,9,2026-05-01",
    "everything quoted": '"customer id","score","date"\n"7","9","2026-05-01"\n',
    "Shopify's apostrophe": "customer id,score,date\n'7,9,2026-05-01\n",
    "a spreadsheet's formula for text": 'customer id,score,date\n"=""7""",9,2026-05-01\n',
    "empty lines": "\n\ncustomer id,score,date\n\n,,\n7,9,2026-05-01\n\n",
    "a score with decimals": "customer id,score,date\n7,9.9,2026-05-01\n",
    "a comma for the point": "customer id;score;date\n7;9,5;2026-05-01\n",
    "blanks around": "customer id, score ,date\n 7 , 9 , 2026-05-01 \n",
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_whatever_wrote_the_file_the_answer_is_the_same(name):
    (line,) = read(SPELLINGS[name])
    assert line.answer == PromoterAnswer(7, 9, datetime(2026, 5, 1, tzinfo=UTC))


INSTANTS = {
    "2026-05-01": "2026-04-30T22:00:00+00:00",
    "2026-05-01 14:05": "2026-05-01T12:05:00+00:00",
    "2026-05-01T14:05:00Z": "2026-05-01T14:05:00+00:00",
    "2026-05-01 14:05:00 UTC": "2026-05-01T14:05:00+00:00",
    "2026-05-01 14:05:00 +0200": "2026-05-01T12:05:00+00:00",
    "2026-05-01T14:05:00.250-05:00": "2026-05-01T19:05:00.250000+00:00",
}


@pytest.mark.parametrize("written", INSTANTS)
def test_times_without_an_offset_are_the_shops_own(written):
    (line,) = read(f"{HEADING}7,9,{written}\n", BERLIN)
    assert line.answer.at.isoformat() == INSTANTS[written]


PROBLEMS = {
    "eleven,9,2026-05-01": "Shopify's number",
    "0,9,2026-05-01": "Shopify's number",
    "9223372036854775808,9,2026-05-01": "Shopify's number",
    "-7,9,2026-05-01": "Shopify's number",
    "anna@person.test,9,2026-05-01": "Shopify's number",
    "7.01235E+12,9,2026-05-01": "rounded",
    "gid://shopify/Order/7,9,2026-05-01": "not a customer's",
    "7,11,2026-05-01": "from 0 to 10",
    "7,-1,2026-05-01": "from 0 to 10",
    "7,,2026-05-01": "from 0 to 10",
    "7,nan,2026-05-01": "from 0 to 10",
    "7,1e1,2026-05-01": "from 0 to 10",
    "7,very,2026-05-01": "from 0 to 10",
    "7,9,05/01/2026": "2026-10-31",
    "7,9,": "2026-10-31",
    "7,9,0001-01-01": "too long ago",
    "7,9,2026-06-02": "in the future",
    "7,9,9999-12-31T23:59:59-23:00": "2026-10-31",
    "7,9": "2 of the 3 columns",
    '"7"x,9,2026-05-01': "not CSV",
    "7,9,2026-05-01" + " " * 20_000: "longer than 20,000",
}


@pytest.mark.parametrize("line", PROBLEMS, ids=lambda line: line[:40])
def test_a_line_that_is_no_answer_says_why_and_never_repeats_what_it_holds(line):
    said = problem(line + "\n")
    assert PROBLEMS[line] in said
    assert "person.test" not in said
    assert not said.startswith(("=", "+", "-", "@"))


HEADINGS = {
    "": "empty",
    "\n\n": "empty",
    "email,score,date\n": "Email addresses are not enough",
    "name,score,date\n": '"customer id"',
    "customer id,date\n": '"score"',
    "customer id,score\n": '"date"',
    "7,9,2026-05-01\n": '"customer id"',
    "a" * 50_000: '"customer id"',
    '"customer id,score,date\n': '"customer id"',
}


@pytest.mark.parametrize("heading", HEADINGS, ids=lambda text: repr(text[:30]))
def test_a_file_without_a_column_is_refused_and_told_which(heading):
    with pytest.raises(FileRefused, match=HEADINGS[heading]):
        read(heading)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_file_in_another_encoding_is_refused(encoding):
    with pytest.raises(FileRefused, match="UTF-8"):
        read((HEADING + "7,9,2026-05-01\n").encode(encoding))


def test_bytes_that_are_no_utf_8_spoil_only_the_cells_they_stand_in():
    content = b"customer id,score,date,comment\n7,9,2026-05-01,caf\xe9\n7\xff,9,2026-05-01,x\n"
    good, bad = read(content)
    assert good.answer
    assert "number" in bad.problem


def test_a_quotation_mark_nobody_closed_spoils_one_line_and_no_other():
    lines = [f"{number},9,2026-05-01,fine\n" for number in range(1, 201)]
    lines[4] = '5,9,2026-05-01,"never closed\n'
    lines[104] = '105,9,2026-05-01,a screen of 15"\n'
    found = read("customer id,score,date,comment\n" + "".join(lines))
    assert [line.number for line in found] == list(range(2, 202))
    assert [line.number for line in found if line.answer is None] == [6]


def test_a_comment_over_several_lines_is_one_record_and_line_numbers_go_on_behind_it():
    content = 'customer id,comment,score,date\n7,"one\ntwo\n\nfour",9,2026-05-01\n8,x,y,2026-05-01\n'
    good, bad = read(content)
    assert (good.number, good.answer.customer_id) == (2, 7)
    assert bad.number == 6


noise = st.binary(max_size=400)
cells = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters='",\r\n\x1c\x1d\x1e\x85\u2028\u2029'),
    max_size=10,
)


@given(noise)
def test_no_bytes_whatever_bring_it_down(content):
    for prefix in (b"", HEADING.encode(), b'customer id;score;date\n7;"'):
        try:
            numbers = [line.number for line in read(prefix + content)]
        except FileRefused:
            continue
        assert numbers == sorted(set(numbers))


@given(st.lists(st.one_of(st.none(), st.lists(cells, min_size=1, max_size=5)), max_size=30))
def test_good_lines_are_all_found_between_any_others(others):
    good = "7,9,2026-05-01"
    lines = [good if each is None else ",".join(each) for each in others]
    found = {line.number: line for line in read(HEADING + "\n".join(lines) + "\n")}
    assert all(found[number].answer for number, line in enumerate(lines, 2) if line == good)
    assert found.keys() >= {number for number, line in enumerate(lines, 2) if line.replace(",", "").strip()}


def test_a_file_of_a_hundred_thousand_lines_is_read_as_it_comes():
    class Endless(io.RawIOBase):
        taken = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:
            content = (HEADING if not self.taken else "7,9,2026-05-01\n" * 10).encode()[: len(buffer)]
            buffer[: len(content)] = content
            self.taken += len(content)
            return len(content)

    source = Endless()
    lines = answers_file.read(io.BufferedReader(source), UTC, LATEST)
    assert all(next(lines).answer for _ in range(1_000))
    assert source.taken < 100_000


VALUES = {"9": 9, "9.0": 9, "8.9": 8, "10": 10, "0": 0, 7: 7, '"9"': 9, "  6 ": 6}
NO_VALUES = [
    None,
    True,
    [9],
    {"value": "9"},
    "",
    '"',
    "[9]",
    '{"a":1}',
    "11",
    "-1",
    "NaN",
    "9" * 5_000,
    '"' + "[" * 9_000,
]


def test_a_metafields_value_is_an_integer_a_decimal_or_a_number_in_json():
    assert {value: scores.of_metafield(value) for value in VALUES} == VALUES
    for value in NO_VALUES:
        with pytest.raises(scores.NoScore):
            scores.of_metafield(value)


def test_an_answer_may_be_as_late_as_now_and_no_later():
    assert only(f"7,9,{LATEST.isoformat()}").at == LATEST
    assert "future" in problem(f"7,9,{(LATEST + timedelta(microseconds=1)).isoformat()}")
