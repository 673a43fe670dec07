"""The page "Presets": all of them, what the shop has already, how many customers each would hold, taking one over."""

from datetime import timedelta
from typing import Any

import pytest
from markupsafe import escape

from plugin import clock
from plugin.db import session as db
from plugin.db.models import Customer, OrderHistory, Shop
from plugin.segments import catalogue
from plugin.segments.columns import Record, pack, seconds
from tests.integration.admin_ui.asking import Merchant


def add(merchant: Merchant, key: str) -> Any:
    return merchant.client.post(f"/app/api/presets/{key}", headers=merchant.bearer())


def offer(merchant: Merchant, key: str) -> str:
    """What the page says of one preset."""
    return merchant.open("/app/presets").text.partition(f'data-preset="{key}"')[2].partition("</li>")[0]


def test_every_preset_is_on_the_page_under_its_heading(merchant: Merchant) -> None:
    page = merchant.open("/app/presets").text
    assert page.count("data-preset=") == len(catalogue.presets())
    assert all(f'heading="{escape(preset.group)}"' in page for preset in catalogue.presets())


def test_a_preset_says_what_it_is_for_and_what_it_asks_in_the_shop_s_currency(add_shop: Any) -> None:
    said = offer(add_shop("chiyo", "JPY"), "high-spender")
    assert "Customers who spent at least ¥500 in the last 365 days" in said


def test_what_the_shop_has_already_is_marked_and_linked(merchant: Merchant) -> None:
    assert 'data-state="there"' in offer(merchant, "repeat")
    assert "/app/segments/1" in offer(merchant, "repeat")
    assert 'data-state="open"' in offer(merchant, "prospect")


def test_what_has_to_be_filled_in_is_asked_and_leads_to_a_form(merchant: Merchant) -> None:
    said = offer(merchant, "country")
    assert 'data-state="blank"' in said
    assert "/app/segments/new?preset=country" in said
    assert all(question in said for question in dict(catalogue_of("country").blanks).values())


def test_a_preset_is_added_switched_off_and_only_once(merchant: Merchant) -> None:
    before = len(merchant.segments())
    bits = [add(merchant, "prospect").get_json()["bit"] for _ in range(2)]
    segments = merchant.segments()
    assert (len(segments) - before, bits[0], segments[-1]["on"]) == (1, bits[1], False)
    assert 'data-state="there"' in offer(merchant, "prospect")
    assert merchant.get("/app/api/status").get_json()["busy"] is False


def test_a_preset_with_something_to_fill_in_cannot_be_added_as_it_is(merchant: Merchant) -> None:
    answer = add(merchant, "country")
    assert (answer.status_code, "Fill in" in answer.get_json()["error"]) == (409, True)


def test_what_clashes_with_a_segment_of_the_shop_is_refused_in_words(merchant: Merchant) -> None:
    merchant.save([{**merchant.segments()[0], "ladder": {"name": "Where they stand", "rank": 1}}])
    answer = add(merchant, "prospect")
    assert (answer.status_code, len(merchant.segments())) == (409, 1)
    assert "rank of First-time" in answer.get_json()["error"]


@pytest.mark.parametrize("path", ["presets/nonsense", "presets/99/sizes", "presets/x/sizes", "presets/-1/sizes"])
def test_what_is_not_there_is_not_found(merchant: Merchant, path: str) -> None:
    ask = merchant.client.get if path.endswith("sizes") else merchant.client.post
    assert ask(f"/app/api/{path}", headers=merchant.bearer()).status_code == 404


def test_each_preset_of_a_group_is_counted_as_if_the_shop_had_all_of_them(merchant: Merchant) -> None:
    now = clock.now()
    for customer, orders in ((1, 0), (2, 1), (3, 2), (4, 7)):
        records = [Record(customer * 10 + i, 1_000, seconds(now - timedelta(days=i + 1)), 1) for i in range(orders)]
        merchant.add(Customer(shop_id=merchant.shop_id, customer_id=customer))
        merchant.add(OrderHistory(shop_id=merchant.shop_id, customer_id=customer, history=pack(records)))
    found = merchant.get("/app/api/presets/0/sizes").get_json()
    sizes = {each["key"]: each["customers"] for each in found["sizes"]}
    assert (found["ready"], sizes) == (True, {"prospect": 1, "first-time": 1, "repeat": 1, "regular": 1})


def test_every_group_can_be_counted(merchant: Merchant) -> None:
    groups = len({preset.group for preset in catalogue.presets()})
    found = [merchant.get(f"/app/api/presets/{number}/sizes") for number in range(groups)]
    assert {answer.status_code for answer in found} == {200}
    counted = {each["key"] for answer in found for each in answer.get_json()["sizes"]}
    assert counted == {preset.key for preset in catalogue.presets() if not preset.blanks}


def test_nothing_is_counted_before_the_orders_are_read(merchant: Merchant) -> None:
    with db.write() as session:
        session.get_one(Shop, merchant.shop_id).imported_at = None
    assert merchant.get("/app/api/presets/0/sizes").get_json() == {"ready": False, "sizes": []}


def catalogue_of(key: str) -> catalogue.Preset:
    return next(preset for preset in catalogue.presets() if preset.key == key)
