"""Customers as the engine takes them: each fact, stay and category beside the orders of the right customer, on either
database, whichever way they are asked for.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import Category, CategoryHistory, Customer, OrderHistory, Stay
from plugin.segments import baseline, choices
from plugin.segments.columns import Record, pack, seconds
from plugin.segments.needs import Needs
from plugin.shop import shops as installed
from plugin.standing import baselines, loading, reading_ahead, segment_store
from tests.support import shop as shops
from workers import work_on_runs

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
COFFEE = "product_type:Coffee"
NEEDS = Needs(
    facts=frozenset(("signed_up_at", "consent", "country", "province", "shopify_rfm", "promoter_score", "mirrored")),
    categories=frozenset((COFFEE,)),
    stays=frozenset((3,)),
)
EVERYBODY = (30, 10, 20, 40)


@pytest.fixture
def shop_id(settings, set_clock) -> int:
    """Of four customers the second bought coffee, the fourth nothing at all; of the third nothing else is known."""
    set_clock(NOW)
    shop_id = shops.make_shop(definitions=[])
    known = {"consent": "subscribed", "country": "CA", "province": "CA-ON", "shopify_rfm": "loyal", "mirrored": 5}
    with db.write() as session:
        for number in EVERYBODY:
            told = {} if number == 30 else known | {"signed_up_at": NOW - timedelta(days=number), "promoter_score": 9}
            session.add(Customer(shop_id=shop_id, customer_id=number, wanted_tags=number, **told))
            history = pack([Record(number, number, seconds(NOW) - 60, 1)])
            if number != 40:
                session.add(OrderHistory(shop_id=shop_id, customer_id=number, history=history))
        coffee = pack([Record(20, 7, seconds(NOW) - 60, 1)])
        session.add(Category(shop_id=shop_id, number=1, kind="product_type", value="coffee", packed_after=0))
        session.add(CategoryHistory(shop_id=shop_id, number=1, customer_id=20, history=coffee))
        session.add(Stay(shop_id=shop_id, bit=3, customer_id=20, until=NOW + timedelta(days=1)))
    return shop_id


def taken(loaded: loading.Loaded) -> dict[int, dict]:
    """What is known of each customer, by their number."""
    found = {}
    for customers, places in loaded.pieces:
        for i, number in enumerate(loaded.standing.customer_ids[places].tolist()):
            one = customers.only(i)
            found[number] = {name: int(each[0]) for name, each in one.facts.items()} | {
                "orders": len(one.columns.processed_at),
                "coffee": one.categories[COFFEE].spend.tolist(),
                "stays": int(one.stays[3][0]),
                "member": int(one.members[0]),
            }
    return found


@pytest.mark.parametrize("way", ["some", "following"])
def test_everything_known_stands_beside_the_right_customer(shop_id, way):
    with db.read() as session:
        if way == "some":
            loaded = loading.some(session, shop_id, EVERYBODY, NEEDS, NOW)
        else:
            loaded = loading.following(session, shop_id, 0, 100, NEEDS, NOW)
        found = taken(loaded)
    assert sorted(found) == [10, 20, 30, 40]
    assert {number: each["orders"] for number, each in found.items()} == {10: 1, 20: 1, 30: 1, 40: 0}
    assert {number: each["coffee"] for number, each in found.items()} == {10: [], 20: [7], 30: [], 40: []}
    assert {number: each["stays"] for number, each in found.items() if each["stays"]} == {20: seconds(NOW) + 86_400}
    assert all(each["member"] == number for number, each in found.items())
    assert found[20]["signed_up_at"] == seconds(NOW) - 20 * 86_400
    assert (found[20]["country"], found[20]["province"]) == (
        choices.code("country", "CA"),
        choices.code("province", "CA-ON"),
    )
    assert found[20]["shopify_rfm"] == choices.code("shopify_rfm", "loyal")


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_pieces_read_ahead_hold_everybody_once_and_in_order(shop_id, monkeypatch, at_once):
    with db.read() as session:
        whole = taken(loading.following(session, shop_id, 0, 100, NEEDS, NOW))
        monkeypatch.setattr(loading, "LOADED_AT_ONCE", at_once)
        pieces = taken(loading.following(session, shop_id, 0, 100, NEEDS, NOW))
    assert pieces == whole
    assert list(pieces) == [10, 20, 30, 40]


def test_what_fails_while_reading_ahead_is_told():
    with pytest.raises(ZeroDivisionError):
        list(loading.ahead(1 // divisor for divisor in (1, 1, 0, 1)))


def second_chunk(shop_id: int, meanwhile: Callable[[], object]) -> dict[int, dict]:
    """The second two customers, read ahead while the first two were dealt with; `meanwhile` comes before their turn."""
    with reading_ahead.ReadingAhead(shop_id, 2) as chunks:
        with db.write() as session:
            first = taken(chunks.following(session, installed.hold(session, shop_id), 0, NEEDS))
            chunks.wait()
        assert list(first) == [10, 20]
        meanwhile()
        with db.write() as session:
            return taken(chunks.following(session, installed.hold(session, shop_id), 20, NEEDS))


def another_order(shop_id: int, *, held: bool) -> None:
    with db.write() as session:
        if held:
            installed.hold(session, shop_id)
        more = pack([Record(each, 30, seconds(NOW) - 60, 1) for each in (30, 31)])
        session.get_one(OrderHistory, (shop_id, 30)).history = more


def test_the_next_chunk_is_read_while_the_one_before_it_is_dealt_with(shop_id):
    found = second_chunk(shop_id, lambda: None)
    assert {number: each["orders"] for number, each in found.items()} == {30: 1, 40: 0}
    # Nobody writes like this, without holding the shop: it shows that the histories had been read by then.
    found = second_chunk(shop_id, lambda: another_order(shop_id, held=False))
    assert found[30]["orders"] == 1


def test_what_was_read_ahead_is_read_again_when_somebody_wrote_in_between(shop_id):
    found = second_chunk(shop_id, lambda: another_order(shop_id, held=True))
    assert {number: each["orders"] for number, each in found.items()} == {30: 2, 40: 0}


def test_what_fails_while_the_next_chunk_is_read_is_told_when_it_is_its_turn(shop_id):
    with db.write() as session:
        session.get_one(OrderHistory, (shop_id, 30)).history = b"torn"
    with pytest.raises(ValueError, match="not a whole number of records"):
        second_chunk(shop_id, lambda: None)


def test_what_nobody_told_is_unknown_and_no_consent_means_none(shop_id):
    with db.read() as session:
        found = taken(loading.some(session, shop_id, [30], NEEDS, NOW))[30]
    unknown = {"signed_up_at", "country", "province", "shopify_rfm", "promoter_score"}
    assert {name for name, each in found.items() if each == choices.UNKNOWN} == unknown
    assert (found["consent"], found["mirrored"]) == (choices.code("consent", "not_subscribed"), 0)


def test_a_word_that_came_up_since_is_unknown(shop_id):
    with db.write() as session:
        session.get_one(Customer, (shop_id, 20)).shopify_rfm = "superstars"
        session.get_one(Customer, (shop_id, 20)).country = "??"
    with db.read() as session:
        found = taken(loading.some(session, shop_id, [20], NEEDS, NOW))[20]
    assert (found["shopify_rfm"], found["country"]) == (choices.UNKNOWN, choices.UNKNOWN)


def test_nobody_at_all_is_loaded_too(shop_id):
    with db.read() as session:
        assert taken(loading.some(session, shop_id, [], NEEDS, NOW)) == {}
        assert taken(loading.following(session, shop_id, 40, 100, NEEDS, NOW)) == {}


TOP = {
    "name": "Top",
    "tag": "top",
    "conditions": [{"measure": "spend_percentile", "comparison": "at_least", "value": 50}],
}


def top(shop_id: int) -> list[int]:
    with db.read() as session:
        everybody = loading.following(session, shop_id, 0, 100, Needs(), NOW).standing
    return everybody.customer_ids[np.flatnonzero(everybody.wanted_tags & 1)].tolist()


def test_a_segment_that_compares_begins_as_soon_as_the_store_was_counted_and_keeps_to_one_count(shop_id, monkeypatch):
    monkeypatch.setattr(baseline, "FEWEST_BUYERS", 3)
    with db.write() as session:
        segment_store.save(session, shop_id, [TOP], NOW)
        runs.start_refresh(session, shop_id, clock.now())
    work_on_runs.work_on_runs(shop_id)
    work_on_runs.work_on_runs(shop_id)
    assert top(shop_id) == [20, 30]
    with db.write() as session:
        richer = pack([Record(10, 1_000, seconds(NOW) - 60, 1)])
        session.get_one(OrderHistory, (shop_id, 10)).history = richer
        runs.start_refresh(session, shop_id, clock.now())
    work_on_runs.work_on_runs(shop_id)
    with db.read() as session:
        judged_by, counted = baselines.latest(session, shop_id), baselines.newest(session, shop_id)
    assert (judged_by.baseline.spend, counted.baseline.spend) == (60, 1_050)
    assert top(shop_id) == [10, 20, 30]
