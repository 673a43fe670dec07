"""docs/segments.md says what the code does: its tables are the code's tables, its example is taken."""

import json
import re
from pathlib import Path

import yaml

from plugin.segments import amounts, choices, presets, rules, words
from plugin.segments.measures import MEASURES
from plugin.segments.operators import OPERATORS
from plugin.segments.rules import Condition, Segment
from plugin.segments.windows import LIFETIME

PAGE = (Path(__file__).parents[3] / "docs/segments.md").read_text()


EXAMPLES = {"country": "CA", "province": "CA-ON", "shopify_segment": "123"}


def dollars(cents):
    return f"${cents / 100:,.2f}"


def table(heading):
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in row] for row in rows[2:]]


def asked_of(measure):
    if measure.of_choices:
        word = next(iter(choices.CHOICES[measure.name].options or [EXAMPLES[measure.name]]))
        return Condition(measure.name, LIFETIME, "is", (word,))
    value = 7 * 10 ** amounts.decimals(measure.unit, 2)
    return Condition(measure.name, LIFETIME, "at_least", value)


def test_the_measures_table_is_the_codes():
    expected = []
    for measure in MEASURES.values():
        said = words.phrase(asked_of(measure), dollars)
        unit = measure.unit.many or "money"
        expected.append([measure.name, unit, "yes" if measure.windowed else "no", said])
    assert table("Measures") == expected


def test_the_comparisons_table_is_the_codes():
    rows = table("Comparisons")
    assert [name for name, _, _ in rows] == list(OPERATORS)
    for name, value, said in rows:
        measure = "country" if OPERATORS[name].of_choices else "orders"
        definition = {"measure": measure, "comparison": name, "value": json.loads(value)}
        segment = Segment.from_definition({"name": "S", "tag": "s", "conditions": [definition]}, 0, 2)
        assert words.phrase(segment.conditions[0], dollars) == said


def test_the_default_segments_table_is_the_codes():
    defaults = [Segment.from_definition(each, bit, 2) for bit, each in enumerate(presets.DEFAULTS)]
    assert table("Default segments") == [[each.name, each.tag, words.sentence(each, dollars)] for each in defaults]


def test_the_pages_example_is_a_valid_list_of_definitions():
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    rules.validate(yaml.safe_load(example), 2)


def test_the_pages_limits_are_the_codes():
    days, tag, segments = amounts.LONGEST_DAYS, rules.LONGEST_TAG, rules.MOST_SEGMENTS
    for limit in (f"1 to {days:,}", f"1 to {tag} characters", f"{segments} segments"):
        assert limit in PAGE
