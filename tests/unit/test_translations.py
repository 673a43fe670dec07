"""Every text a merchant can read is translated, whole and with all that is filled in."""

import re
from functools import cache

import pytest

from plugin import language
from plugin.language import Language
from plugin.segments import words
from plugin.segments.measures import MEASURES
from plugin.segments.rules import Segment
from tests import collect_texts

TRANSLATED = pytest.mark.parametrize("code", language.LANGUAGES[1:])
BLANK = re.compile(r"\{\w+\}|%\(\w+\)s")


@cache
def texts():
    return [each for each in collect_texts.collected() if each.id]


@cache
def translations(code):
    return {each.id: each for each in collect_texts.translated(code) if each.id}


@TRANSLATED
def test_every_text_has_a_translation(code):
    known = translations(code)
    missing = [each.id for each in texts() if each.id not in known or not all(forms_of(known[each.id]))]
    assert missing == [], "run `make texts` and translate what is new"


@TRANSLATED
def test_no_translation_is_left_of_a_text_that_nobody_says(code):
    assert sorted(map(str, translations(code))) == sorted(str(each.id) for each in texts())


@TRANSLATED
def test_a_translation_fills_in_what_the_text_fills_in(code):
    for each in translations(code).values():
        # The form for one may do without its number.
        text = each.id if isinstance(each.id, str) else each.id[-1]
        assert blanks(forms_of(each)[-1]) == blanks(text), text
        assert blanks(forms_of(each)[0]) <= blanks(text), text


@TRANSLATED
def test_no_translation_is_a_guess(code):
    assert [each.id for each in translations(code).values() if each.fuzzy] == []


@TRANSLATED
def test_percent_signs_of_templates_stay_doubled(code):
    for each in translations(code).values():
        if any(path.endswith(".html") for path, _ in each.locations):
            for text in (*forms_of(each), *((each.id,) if isinstance(each.id, str) else each.id)):
                assert "%" not in BLANK.sub("", text).replace("%%", ""), text


@pytest.mark.parametrize(
    "measure", [each for each in MEASURES.values() if not each.of_choices], ids=lambda each: each.name
)
def test_a_german_rule_ends_with_its_verb(measure):
    value = "7" if measure.unit.decimals else 7
    asked = {"measure": measure.name, "comparison": "at_least", "value": value}
    segment = Segment.from_definition({"name": "S", "tag": "s", "conditions": [asked]}, 0, 2)
    said = words.sentence(segment, Language("de-DE", "EUR"))
    assert said.startswith("Kunden, die ")
    assert re.search(r"(haben|warten|liegen|erreichen|Durchschnitt)$", said), said


def test_a_german_sentence_puts_its_window_first():
    asked = {"measure": "spend", "window": 365, "comparison": "at_least", "value": "500"}
    segment = Segment.from_definition({"name": "S", "tag": "s", "conditions": [asked]}, 0, 2)
    said = words.sentence(segment, Language("de-DE", "EUR")).replace("\xa0", " ")
    assert said == "Kunden, die in den letzten 365 Tagen mindestens 500,00 € ausgegeben haben"
    paths = [
        each.path for each in words.pieces(segment.conditions[0], Language("de-DE", "EUR")) if not isinstance(each, str)
    ]
    assert paths == ["window", "value"]


def forms_of(each):
    return collect_texts.forms(each.string)


def blanks(text):
    return set(BLANK.findall(text))
