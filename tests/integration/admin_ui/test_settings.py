"""The page "Settings": every number there is, what the store suggests for it, and saving all of it in one piece."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from admin_ui import thresholds
from admin_ui.thresholds import Field, Group, Rule
from plugin import clock, config, runs
from plugin.db import session as db
from plugin.db.models import Order, Shop
from plugin.segments.baseline import Baseline
from plugin.shop import person_to_warn
from plugin.standing import baselines
from tests.integration.admin_ui.asking import Merchant

FREQUENT, HIGH_SPENDER, AT_RISK = 2, 3, 4


def put(merchant: Merchant, body: Any) -> Any:
    return merchant.client.put("/app/api/settings", json=body, headers=merchant.bearer())


def settings(merchant: Merchant) -> dict[str, Any]:
    return merchant.get("/app/api/settings").get_json()


def numbers(merchant: Merchant, bit: int, **values: Any) -> dict[str, Any]:
    """New numbers for a segment as the page sends them; `_` stands for a dot."""
    version = settings(merchant)["thresholds"][str(bit)]["version"]
    return {str(bit): {"version": version, "numbers": {path.replace("_", "."): n for path, n in values.items()}}}


def definition(merchant: Merchant, bit: int) -> dict[str, Any]:
    return settings(merchant)["thresholds"][str(bit)]["definition"]


def test_every_number_of_a_definition_has_a_field_with_its_unit(merchant: Merchant) -> None:
    page = merchant.open("/app/settings").text
    for name, label, value in (
        ("segments.0.conditions.0.value.0", "Orders, from", "1"),
        ("segments.0.conditions.0.value.1", "Orders, fewer than", "2"),
        ("segments.2.conditions.0.window", "In the last (days)", "90"),
        ("segments.3.conditions.0.value", "Spend (USD), at least", "500.00"),
        ("segments.4.conditions.0.value.1", "Days since last order, less than", "180"),
    ):
        assert f'name="{name}" label="{label}" value="{value}"' in page


def test_any_set_of_definitions_has_a_form(add_shop: Callable[..., Merchant]) -> None:
    merchant = add_shop("chiyo", currency="JPY")
    conditions = [
        {"measure": "units", "window": 7, "comparison": "below", "value": 3},
        {"measure": "spend", "comparison": "between", "value": ["1000", "2000"]},
        {"measure": "days_since_first_order", "comparison": "at_least", "value": 1},
    ]
    merchant.save([{"name": "Odd & <b>even</b>", "tag": "odd", "conditions": conditions}])
    page = merchant.open("/app/settings").text
    assert "Odd &amp; &lt;b&gt;even&lt;/b&gt;" in page
    assert "<b>even</b>" not in page
    for label in ("Items, fewer than", "Spend (JPY), from", "Days since first order, at least"):
        assert label in page


def test_a_number_is_put_into_the_definition_as_it_is_now(merchant: Merchant) -> None:
    merchant.save([{**each, "name": each["name"].upper()} for each in reversed(merchant.segments())])
    answer = put(merchant, {"thresholds": numbers(merchant, FREQUENT, conditions_0_value=5, conditions_0_window=30)})

    assert (answer.status_code, answer.get_json()["changed"]) == (200, ["thresholds"])
    assert answer.get_json()["status"]["busy"] is True
    saved = definition(merchant, FREQUENT)
    assert (saved["name"], saved["conditions"][0]["value"], saved["conditions"][0]["window"]) == ("FREQUENT", 5, 30)
    assert merchant.segments()[0]["tag"] == "lapsed"
    with db.read() as session:
        assert runs.latest_of(session, merchant.shop_id, runs.REFRESH) is not None


def test_what_is_so_already_starts_nothing(merchant: Merchant) -> None:
    answer = put(merchant, {"thresholds": numbers(merchant, HIGH_SPENDER, conditions_0_value="500")})

    assert (answer.status_code, answer.get_json()["changed"]) == (200, [])
    assert answer.get_json()["status"]["busy"] is False


@pytest.mark.parametrize(
    ("bit", "path", "value", "message"),
    [
        (FREQUENT, "conditions_0_value", "many", "Must be a number written in digits, such as 3 or 500.00."),
        (FREQUENT, "conditions_0_window", 0, "Must be at least 1 day (a number of days, or lifetime)."),
        (HIGH_SPENDER, "conditions_0_value", "9.999", "decimals, the currency's smallest amount."),
        (AT_RISK, "conditions_0_value_1", "x", "Must be a number"),
        (AT_RISK, "conditions_0_value_1", 90, "The first number must be smaller than the second."),
        (FREQUENT, "conditions_0_value_1", 90, "changed meanwhile"),
        (FREQUENT, "conditions_0", 90, "changed meanwhile"),
        (FREQUENT, "conditions_9_value", 90, "changed meanwhile"),
    ],
)
def test_a_bad_number_is_refused_at_its_field_and_nothing_is_saved(
    merchant: Merchant, bit: int, path: str, value: Any, message: str
) -> None:
    merchant.save(list(reversed(merchant.segments())))  # a field goes by its segment's number, not by its place
    before = settings(merchant)
    good = numbers(merchant, 0, conditions_0_value_0=0)
    answer = put(merchant, {"thresholds": good | numbers(merchant, bit, **{path: value})})

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [f"segments.{bit}.{path.replace('_', '.')}"]
    assert message in answer.get_json()["errors"].popitem()[1]
    assert settings(merchant) == before


def test_a_segment_that_was_changed_meanwhile_is_not_overwritten(merchant: Merchant) -> None:
    seen = numbers(merchant, FREQUENT, conditions_0_value=5)
    put(merchant, {"thresholds": numbers(merchant, FREQUENT, conditions_0_value=7)})
    answer = put(merchant, {"thresholds": seen})

    assert answer.status_code == 422
    assert "changed meanwhile" in answer.get_json()["errors"][f"segments.{FREQUENT}.conditions.0.value"]
    assert definition(merchant, FREQUENT)["conditions"][0]["value"] == 7


@pytest.mark.parametrize("body", [[], {"shop": 1}, {"thresholds": {"x": {}}}, {"thresholds": {"1": {"numbers": {}}}}])
def test_a_body_of_another_shape_is_refused(merchant: Merchant, body: Any) -> None:
    assert put(merchant, body).status_code == 422


def test_what_the_store_suggests_stands_under_its_field_with_the_evidence(merchant: Merchant) -> None:
    assert "The customers have not been looked at yet." in merchant.open("/app/settings").text
    gaps = tuple(86_400 * 60 * percent // 90 for percent in range(100))
    numbers = {"orders": 900, "spend": 1, "spend_edges": (0,) * 100, "median_orders": 2, "recency_edges": (4, 3, 2, 1)}
    made = Baseline(buyers=500, median_gap_seconds=86_400 * 20, gap_edges=gaps, **numbers)
    with db.write() as session:
        baselines.save(session, merchant.shop_id, made, clock.now())
    page = merchant.open("/app/settings").text

    assert "From the orders of 500 customers." in page
    beside = re.findall(r'data-for="(.*?)" data-value="(.*?)">\s*<span class="subdued">(.*?)</span>', page)
    evidence = "Of the customers who order again, half usually do within 20 days and nine in ten within 60 days"
    assert beside == [
        ("segments.4.conditions.0.value.0", "60", f"{evidence}: who takes longer than 60 days is later than most."),
        ("segments.4.conditions.0.value.1", "120", f"{evidence}: 120 days is twice the time at which they are late."),
        ("segments.5.conditions.0.value", "120", f"{evidence}: 120 days is twice the time at which they are late."),
    ]


def test_what_is_suggested_already_is_not_suggested() -> None:
    fields = [Field("segments.1.conditions.0.value", "Days", "120", "days", is_money=False)]
    groups = [Group("How long ago they bought", (Rule(1, "Lapsed", tuple(fields)),))]

    assert thresholds.with_suggestions(groups, lambda _: ("120", "because")) == groups
    assert thresholds.with_suggestions(groups, lambda _: None) == groups
    assert thresholds.with_suggestions(groups, lambda _: ("90", "because"))[0].rules[0].fields[0].suggested == "90"


CHOSEN = {
    "counted_statuses": ["paid", "pending"],
    "spend_is_total": False,
    "foreign_removal": "respect",
    "rfm_scale": "table",
    "tag_prefix": "Club: ",
    "brake_percent": "50",
    "brake_least": 7,
}


def test_everything_that_is_chosen_is_kept_and_shown(merchant: Merchant) -> None:
    answer = put(merchant, CHOSEN)
    kept = {**CHOSEN, "brake_percent": 50}

    assert answer.status_code == 200
    assert answer.get_json()["changed"] == sorted(CHOSEN)
    assert (
        {name: settings(merchant)[name] for name in kept}
        == kept
        == {name: answer.get_json()["settings"][name] for name in kept}
    )
    assert put(merchant, CHOSEN).get_json()["changed"] == []
    page = merchant.open("/app/settings").text
    assert re.findall(r'value="(\w+)"[^>]* checked>', page) == ["paid", "pending"]
    for shown in ('value="Club: "', 'value="respect"', 'value="table"', 'value="false"', 'value="50"', 'value="7"'):
        assert shown in page


def test_other_orders_are_counted_and_everybody_is_judged(merchant: Merchant) -> None:
    assert put(merchant, {"counted_statuses": ["paid"]}).get_json()["status"]["busy"] is True
    with db.read() as session:
        assert runs.is_being_recounted(session, merchant.shop_id)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("counted_statuses", [], "Choose at least one"),
        ("counted_statuses", ["refunded"], "Choose at least one"),
        ("foreign_removal", "fight", "This choice does not exist."),
        ("tag_prefix", "a,b", "none of"),
        ("brake_percent", "0", "from 1 to 100"),
        ("brake_percent", "101", "from 1 to 100"),
        ("brake_percent", "ten", "from 1 to 100"),
        ("brake_percent", None, "Field may not be null."),
        ("brake_least", True, "at least 1"),
        ("brake_least", "9" * 500, "at least 1"),
        ("spend_is_total", "false", "Not a valid boolean"),
    ],
)
def test_what_cannot_be_chosen_is_refused_with_all_else(
    merchant: Merchant, field: str, value: Any, message: str
) -> None:
    before = settings(merchant)
    also = {"thresholds": numbers(merchant, FREQUENT, conditions_0_value=9), "tag_prefix": "fine-"}
    answer = put(merchant, also | {field: value})

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]
    assert message in answer.get_json()["errors"][field]
    assert settings(merchant) == before


def test_a_bad_number_and_a_bad_choice_are_said_at_once(merchant: Merchant) -> None:
    bad = {"thresholds": numbers(merchant, FREQUENT, conditions_0_value="x"), "brake_least": "x"}
    assert len(put(merchant, bad).get_json()["errors"]) == 2


def test_the_effect_of_a_choice_is_told_and_nothing_is_changed(merchant: Merchant) -> None:
    shop_id, at = merchant.shop_id, clock.now()
    same = {"shop_id": shop_id, "customer_id": 1, "processed_at": at, "units": 1, "total": 900, "subtotal": 800}
    for number, status in enumerate(("pending", "paid", "authorized")):
        merchant.add(Order(order_id=number, financial_status=status, **same))
    body = {"counted_statuses": ["paid", "pending"], "spend_is_total": False}
    answer = merchant.client.post("/app/api/settings/effect", json=body, headers=merchant.bearer())

    assert answer.get_json() == {"newly": 1, "no_longer": 1, "other_amount": 2}
    assert settings(merchant)["spend_is_total"] is True
    refused = merchant.client.post("/app/api/settings/effect", json={"counted_statuses": []}, headers=merchant.bearer())
    assert refused.status_code == 422


def test_a_person_to_warn_is_kept_with_their_language(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    address = "/app/api/settings?locale=de-AT"
    body = {"warn_email": " anna@regular-people.org "}
    saved = merchant.client.put(address, json=body, headers=merchant.bearer()).get_json()

    assert (saved["changed"], saved["settings"]["warn_email"]) == (["warn_email"], "anna@regular-people.org")
    with db.read() as session:
        person = person_to_warn.of(session.get_one(Shop, merchant.shop_id))
    assert (person.address, person.locale) == ("anna@regular-people.org", "de-AT")
    assert "This installation sends no mail" in merchant.open("/app/settings").text
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    config.load()
    assert "This installation sends no mail" not in merchant.open("/app/settings").text
    assert put(merchant, {"warn_email": ""}).get_json()["settings"]["warn_email"] == ""


@pytest.mark.parametrize("address", ["anna", "anna@", "a@b.org, c@d.org", "a@b.org\nBcc: c@d.org"])
def test_what_is_no_address_is_refused(merchant: Merchant, address: str) -> None:
    assert put(merchant, {"warn_email": address}).get_json() == {"errors": {"warn_email": "This is no email address."}}


def test_presets_are_added_with_the_prefix_of_new_tags(merchant: Merchant) -> None:
    put(merchant, {"tag_prefix": "club-"})
    listed = merchant.get("/app/api/presets").get_json()["presets"]
    assert {preset["definition"]["tag"].startswith("club-") for preset in listed} == {True}
    assert 'value="club-regular"' in merchant.open("/app/segments/new", preset="regular").text
    added = merchant.client.post("/app/api/presets/regular", headers=merchant.bearer())
    assert definition(merchant, added.get_json()["bit"])["tag"] == "club-regular"
    assert f"/app/segments/{added.get_json()['bit']}" in merchant.open("/app/presets").text
