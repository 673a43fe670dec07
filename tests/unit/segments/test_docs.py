"""docs/segments.md says what the code does: its tables are the code's tables, its example is taken."""

import json
import re
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from plugin.language import ENGLISH
from plugin.segments import (
    advice,
    amounts,
    baseline,
    catalogue,
    category_keys,
    choices,
    clashes,
    presets,
    rfm,
    rfm_groups,
    rules,
    segment_file,
    units,
    windows,
    words,
)
from plugin.segments.as_of import AsOf
from plugin.segments.columns import EPOCH, Columns, Record, pack
from plugin.segments.customers import TABLE, Store
from plugin.segments.measures import MEASURES
from plugin.segments.operators import OPERATORS
from plugin.segments.rules import Condition, Segment
from plugin.segments.windows import LIFETIME

PAGE = (Path(__file__).parents[3] / "docs/segments.md").read_text()


EXAMPLES = {"country": "CA", "province": "CA-ON", "shopify_segment": "123"}


def tables(heading):
    """The rows of each table below a heading."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    parts = (part.strip() for part in section.split("\n\n"))
    found = [part.splitlines() for part in parts if part.startswith("|")]
    return [[[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows[2:]] for rows in found]


def table(heading):
    return tables(heading)[0]


def asked_of(measure):
    if measure.of_choices:
        word = next(iter(choices.CHOICES[measure.name].options or [EXAMPLES[measure.name]]))
        return Condition(measure.name, LIFETIME, "is", (word,))
    value = 7 * 10 ** amounts.decimals(measure.unit, 2)
    return Condition(measure.name, LIFETIME, "at_least", value)


def test_the_measures_table_is_the_codes():
    expected = []
    for measure in MEASURES.values():
        said = words.phrase(asked_of(measure), ENGLISH)
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
        assert words.phrase(segment.conditions[0], ENGLISH) == said


def test_the_default_segments_table_is_the_codes():
    defaults = [Segment.from_definition(each, bit, 2) for bit, each in enumerate(presets.DEFAULTS)]
    assert table("Default segments") == [[each.name, each.tag, words.sentence(each, ENGLISH)] for each in defaults]


def test_the_pages_example_is_a_valid_list_of_definitions():
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    clashes.validate(segment_file.read(example), 2)
    assert clashes.find(segment_file.read(example), 2).warnings == ()


def test_the_pages_limits_are_the_codes():
    days, tag, segments = units.LONGEST_DAYS, rules.LONGEST_TAG, rules.MOST_SEGMENTS
    for limit in (f"1 to {days:,}", f"1 to {tag} characters", f"{segments} segments"):
        assert limit in PAGE


def beside(segment):
    """What decides beside the conditions; the table's own text says what all ladders have in common."""
    said = words.beside(segment, ENGLISH)
    return [each.split(":")[0] + "." if each.startswith("Step") else each for each in said]


@pytest.mark.parametrize("i", range(len(catalogue.presets())), ids=lambda i: catalogue.presets()[i].key)
def test_the_catalogues_table_is_the_code(i):
    preset, row = catalogue.presets()[i], table("The catalogue")[i]
    segment = Segment.from_definition(preset.definition(), 0, 2)
    more = beside(segment) + [f"Fill in: {question}" for question in preset.blanks.values()]
    measures = ", ".join(dict.fromkeys(f"`{each.measure}`" for each in segment.all_conditions)).strip("`")
    said = words.sentence(segment, ENGLISH)
    assert row == [preset.key, segment.tag, said, " ".join(more), measures, preset.idea]


def test_the_catalogues_table_has_no_other_row():
    assert len(table("The catalogue")) == len(catalogue.presets())


def test_the_tables_of_the_scores_are_the_codes():
    bounds, groups = (rows for rows in tables("Scores"))
    days, orders, spend = (list(reversed(each)) for each in (rfm.TABLE_DAYS, rfm.TABLE_ORDERS, rfm.TABLE_SPEND))
    assert [row[0] for row in bounds] == ["5", "4", "3", "2", "1"]
    for i, row in enumerate(bounds[:4]):
        assert f"{days[i] - 1} days ago" in row[1]
        assert row[2].startswith(f"{orders[i]} ")
        assert row[3].startswith(f"{spend[i]:,} ")
    expected = [[name, f"are {rfm_groups.NAMES[name]}", codes] for name, codes in rfm_groups.CODES.items()]
    assert groups == expected


def test_the_formula_of_the_score_is_the_codes():
    assert "**1 + (recency + frequency + spend - 3) x 3/4, rounded down.**" in PAGE
    store = Store(rfm_scale=TABLE)
    for days, orders, cents in product((10, 60, 120, 300, 400), (1, 3, 7, 12, 25), (100, 300, 600, 800, 2000)):
        records = [Record(i, cents * 100 // orders, 1_700_000_000, 1) for i in range(orders)]
        columns = Columns.from_histories([1], [pack(records)])
        seen = AsOf.of(columns, EPOCH + timedelta(days=days, seconds=1_700_000_001), store=store)
        three = sum(int(each(seen, LIFETIME)[0]) for each in (rfm.recency, rfm.frequency, rfm.monetary))
        assert rfm.score(seen, LIFETIME)[0] == 1 + (three - 3) * 3 // 4


def test_the_page_names_every_way_to_write_a_window_and_a_category():
    for part in (windows.WRITTEN_LIFETIME, windows.EXAMPLE, *category_keys.KINDS):
        assert f"`{part}`" in PAGE
    for most in (rules.MOST_RANKS, rules.LONGEST_STAY_DAYS):
        assert f"1 to {most:,}" in PAGE
    assert f"{baseline.FEWEST_BUYERS} buyers" in PAGE
    assert f"up to {advice.MOST_ORDERS} orders" in PAGE
