"""Every preset goes from the catalogue through the page's form and back unchanged, in any currency."""

import re
from typing import Any

import pytest

from admin_ui import thresholds
from plugin.segments import catalogue
from tests.integration.admin_ui.asking import Merchant

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def in_form(definitions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the page sends when its form is submitted untouched: the fields' texts, put where they came from."""
    sent = {"segments": definitions}
    for group in thresholds.groups(enumerate(definitions), "USD"):
        for field in (each for rule in group.rules for each in rule.fields):
            *path, last = field.name.split(".")
            place: Any = sent
            for step in path:
                place = place[int(step) if isinstance(place, list) else step]
            is_count = not field.is_money and re.fullmatch(r"\d{1,15}", field.value)
            place[int(last) if isinstance(place, list) else last] = int(field.value) if is_count else field.value
    return sent["segments"]


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_saving_an_untouched_form_of_all_presets_changes_nothing(add_shop: Any, currency: str) -> None:
    merchant = add_shop("carol", currency)
    presets = merchant.get("/app/api/presets").get_json()["presets"]
    assert merchant.save([preset["definition"] for preset in presets]).status_code == 200
    saved = merchant.segments()
    assert saved == [preset["definition"] for preset in presets]
    answer = merchant.save(in_form(merchant.segments()))
    assert (answer.get_json()["changed"], answer.get_json()["segments"]) == (False, saved)


def test_a_preset_says_what_it_is_what_for_and_what_to_fill_in(merchant: Merchant) -> None:
    presets = {each["key"]: each for each in merchant.get("/app/api/presets").get_json()["presets"]}
    assert set(presets) == {preset.key for preset in catalogue.presets()}
    assert presets["gold"]["sentence"] == "Customers who spent at least $1,500.00 in the last 365 days"
    assert presets["gold"]["beside"][0].startswith("Once in, they stay while they spent at least $1,000.00")
    assert presets["country"]["blanks"].keys() == {"conditions.0.value"}
    assert presets["vip"]["definition"]["minimum_stay"] == 30


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"keep": [{"measure": "spend", "window": 365, "comparison": "at_least", "value": "x"}]}, "keep.0.value"),
        ({"ladder": {"name": "Tiers", "rank": 0}}, "ladder.rank"),
        ({"ladder": "Tiers"}, "ladder"),
        ({"minimum_stay": "long"}, "minimum_stay"),
        ({"keep": [{"measure": "orders", "window": 9, "comparison": "between", "value": [1, "x"]}]}, "keep.0.value.1"),
    ],
)
def test_what_is_wrong_with_a_steady_segment_is_said_at_its_field(
    merchant: Merchant, change: dict[str, Any], field: str
) -> None:
    segments = merchant.segments()
    segments[3] |= change
    answer = merchant.save(segments)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [f"segments.3.{field}"])
