"""A shop's segments as a file: what is written is read again, and a mistake has its line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from plugin.segments import catalogue, rules, segment_file
from plugin.segments.segment_file import UnreadableFile

CATALOGUE = [preset.definition() for preset in catalogue.presets()]
WORDS = some.text(some.characters(blacklist_categories=rules.UNFIT_CATEGORIES), max_size=20)
TEXTS = some.one_of(WORDS, some.sampled_from(["NO", "on", "1:30", "012", "null", "2026-01-01", "1e3"]))


def test_what_is_written_is_read_again():
    assert segment_file.read(segment_file.write(CATALOGUE)) == CATALOGUE


@settings(max_examples=200)
@given(TEXTS)
def test_any_name_comes_back_as_it_was(name):
    assert segment_file.read(segment_file.write([{"name": name, "tag": "t"}])) == [{"name": name, "tag": "t"}]


def test_a_shop_without_segments_has_a_file_too():
    assert segment_file.read(segment_file.write([])) == []


def test_norway_is_a_country_and_not_a_no():
    assert segment_file.read("- {country: NO, day: 12-24, name: on}") == [
        {"country": "NO", "day": "12-24", "name": "on"}
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must be a list"),
        ("name: A", "must be a list"),
        ("- {name: A", "line 1"),
        ("- name: A\n  tag: a\n  name: B", "says 'name' twice in one place, line 3"),
        ("- !!python/object/apply:os.system [x]", "line 1"),
        ("- " + "[" * 500, "is not YAML"),
        ("- name: \x00", "is not YAML"),
        ("x" * 300_000, "is longer than"),
    ],
)
def test_what_is_no_list_of_segments_is_refused_with_its_line(text, said):
    with pytest.raises(UnreadableFile) as refused:
        segment_file.read(text)
    assert said in str(refused.value)


def test_names_for_one_place_used_a_billion_times_over_cost_nothing():
    lines = ["- &a0 [x, x]", *(f"- &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60))]
    with pytest.raises(rules.InvalidDefinition):
        rules.validate(segment_file.read("\n".join(lines)), 2)


def test_each_mistake_has_the_line_it_stands_on():
    text = """\
- name: A
  tag: a
  conditions:
  - {measure: orders, comparison: at_least, value: 1}
  - measure: spend
    comparison: at_least
    value: many
- name: B
  conditions:
  - {measure: orders, comparison: at_least, value: 1}
"""
    with pytest.raises(rules.InvalidDefinition) as wrong:
        rules.validate(segment_file.read(text), 2)
    lines = list(segment_file.with_lines(wrong.value.problems, text))
    assert [line.split(" ")[:3] for line in lines] == [["line", "7:", "0.conditions.1.value"], ["line", "8:", "1.tag"]]
