"""What a preview promises is what saving does; a copy of a large shop says the same as its database."""

import dataclasses
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from plugin import clock, config, runs
from plugin.db import session as db
from plugin.db.models import Customer, Movement, OrderHistory
from plugin.schemas.facts import CustomerRedacted
from plugin.segments import baseline
from plugin.segments.columns import Record, pack, seconds
from plugin.segments.rules import InvalidDefinition
from plugin.shop import privacy, shops
from plugin.standing import column_copy, preview, segment_store
from tests.benchmarks import fill, stores
from tests.support import shop as made_shops
from workers import work_on_runs

NOW = stores.AS_OF
MINUTE = timedelta(minutes=1)


def segment(tag: str, measure: str, comparison: str, value, **window) -> dict:
    condition = {"measure": measure, "comparison": comparison, "value": value, **window}
    return {"name": tag.title(), "tag": tag, "conditions": [condition]}


SAVED = [
    segment("repeat", "orders", "at_least", 2),
    segment("frequent", "orders", "at_least", 3, window=90),
    segment("big", "spend", "at_least", "500", window=365),
    segment("gone", "days_since_last_order", "at_least", 180),
]
CANDIDATES = [
    segment("Repeat", "orders", "at_least", 3),
    segment("frequent", "orders", "at_least", 2, window=30),
    segment("never", "orders", "below", 1),
    segment("big", "spend", "at_least", "10000000000000", window=365),
]


@pytest.fixture
def shop_id(settings, set_clock) -> int:
    """Three hundred made customers, judged by the saved definitions."""
    set_clock(NOW)
    shop_id = made_shops.make_shop(definitions=SAVED)
    fill.shop(db.engine(), shop_id, stores.make(300))
    refresh(shop_id)
    return shop_id


@pytest.fixture
def large(monkeypatch) -> None:
    """Every shop counts as large."""
    monkeypatch.setattr(preview, "SMALL_SHOP", 0)
    monkeypatch.setattr(column_copy, "SLICE", 70)
    monkeypatch.setattr(column_copy, "READ_AT_ONCE", 110)


def refresh(shop_id: int) -> None:
    with db.write() as session:
        session.query(Movement).filter_by(shop_id=shop_id).delete()
        runs.start_refresh(session, shop_id, clock.now())
    work_on_runs.work_on_runs(shop_id)


def tried(shop_id: int, definitions: list[dict], as_of: datetime = NOW) -> preview.Preview:
    with db.read() as session:
        return preview.preview(session, shop_id, definitions, as_of)


def counts(found: preview.Preview) -> dict[str, tuple[int, int, int]]:
    return {each.tag: (each.members, each.entering, each.leaving) for each in found.segments}


def moved_by_saving(shop_id: int, definitions: list[dict]) -> dict[str, tuple[set, set]]:
    with db.write() as session:
        segment_store.save(session, shop_id, definitions, clock.now())
    refresh(shop_id)
    with db.read() as session:
        tags = segment_store.tags_by_bit(session, shop_id)
        movements = session.scalars(select(Movement).where(Movement.shop_id == shop_id)).all()
    return {
        tag.casefold(): tuple(
            {each.customer_id for each in movements if each.bit == bit and each.entered is way} for way in (True, False)
        )
        for bit, tag in tags.items()
    }


def test_saving_does_what_the_preview_said(shop_id):
    found = tried(shop_id, CANDIDATES)
    moved = moved_by_saving(shop_id, CANDIDATES)
    assert [each.tag for each in found.segments] == ["Repeat", "frequent", "never", "big", "gone"]
    assert found.customers == 300
    for each in found.segments:
        entered, left = moved[each.tag.casefold()]
        assert (each.entering, each.leaving) == (len(entered), len(left))
        assert set(each.some_entering) <= entered
        assert len(each.some_entering) == min(len(entered), preview.SAMPLE)
        assert set(each.some_leaving) <= left
    assert sum(each.entering + each.leaving for each in found.segments) > 100


def test_a_preview_of_what_is_saved_moves_nobody_and_nothing_is_recorded(shop_id):
    found = tried(shop_id, SAVED)
    assert {(entering, leaving) for _, entering, leaving in counts(found).values()} == {(0, 0)}
    with db.read() as session:
        sizes = segment_store.sizes(session, shop_id)
    assert [each.members for each in found.segments] == list(sizes.values())


def test_a_large_shops_copy_says_the_same_as_its_database(shop_id, monkeypatch, large):
    copied = [tried(shop_id, definitions) for definitions in (CANDIDATES, SAVED, CANDIDATES)]
    monkeypatch.setattr(preview, "SMALL_SHOP", 1_000)
    with db.write() as session:
        preview.forget(session, shop_id)
    read = [tried(shop_id, definitions) for definitions in (CANDIDATES, SAVED, CANDIDATES)]
    assert [counts(each) for each in copied] == [counts(each) for each in read]
    assert {each.customers for each in copied} == {300}
    assert list((config.current().data_dir / "copies").iterdir()) == []


def test_within_minutes_a_large_shop_is_judged_as_of_one_instant(shop_id, large):
    first = tried(shop_id, CANDIDATES)
    assert tried(shop_id, CANDIDATES, NOW + 4 * MINUTE) == first
    later = tried(shop_id, CANDIDATES, NOW + timedelta(days=40))
    assert (later.as_of, later.read_at) == (NOW + timedelta(days=40), NOW)
    assert counts(later) != counts(first)


def add_customer(shop_id: int, customer_id: int) -> None:
    history = pack([Record(1, 100, seconds(NOW) - 86_400, 1)])
    with db.write() as session:
        shops.hold(session, shop_id)
        session.add(Customer(shop_id=shop_id, customer_id=customer_id))
        session.add(OrderHistory(shop_id=shop_id, customer_id=customer_id, history=history))


def test_an_old_copy_answers_while_a_new_one_is_made(shop_id, large, set_clock, monkeypatch):
    started = []
    monkeypatch.setattr(preview, "renew", lambda shop_id, renew=preview.renew: started.append(renew(shop_id)))
    tried(shop_id, SAVED)
    add_customer(shop_id, 5)
    set_clock(NOW + 9 * MINUTE)
    assert (tried(shop_id, SAVED, NOW + 9 * MINUTE).customers, started) == (300, [])
    set_clock(NOW + 11 * MINUTE)
    old = tried(shop_id, SAVED, NOW + 11 * MINUTE)
    assert (old.customers, old.read_at) == (300, NOW)
    started[0].join()
    new = tried(shop_id, SAVED, NOW + 12 * MINUTE)
    assert (new.customers, new.read_at) == (301, NOW + 11 * MINUTE)
    assert len(list((config.current().data_dir / "copies").iterdir())) == 1


def test_a_copy_is_prepared_for_large_shops_only(shop_id, monkeypatch):
    monkeypatch.setattr(preview, "renew", lambda _: pytest.fail("a small shop needs no copy"))
    with db.read() as session:
        preview.prepare(session, shop_id)
    monkeypatch.setattr(preview, "SMALL_SHOP", 0)
    monkeypatch.setattr(preview, "renew", column_copy.make)
    with db.read() as session:
        preview.prepare(session, shop_id)
        assert len(column_copy.usable(session, shop_id).customer_ids) == 300


def test_whoever_is_erased_is_in_no_copy(shop_id, large):
    gone = int(stores.FIRST_CUSTOMER)
    tried(shop_id, SAVED)
    with db.write() as session:
        shops.hold(session, shop_id)
        shop = shops.get(session, shop_id)
        privacy.erase_customer(session, shop, CustomerRedacted(shop.domain, gone, ()), NOW)
    assert list((config.current().data_dir / "copies").iterdir()) == []
    assert tried(shop_id, SAVED).customers == 299
    with db.read() as session:
        assert gone not in column_copy.usable(session, shop_id).customer_ids


def test_a_copy_another_machine_kept_is_not_used_after_an_erasure(shop_id, large, tmp_path):
    tried(shop_id, SAVED)
    kept = config.current().data_dir / "copies"
    kept.rename(tmp_path / "elsewhere")
    with db.write() as session:
        shops.hold(session, shop_id)
        preview.forget(session, shop_id)
    (tmp_path / "elsewhere").rename(kept)
    with db.read() as session:
        assert column_copy.usable(session, shop_id) is None


def test_a_copy_is_used_for_a_day_at_most(shop_id, large, set_clock):
    tried(shop_id, SAVED)
    set_clock(NOW + timedelta(days=1))
    with db.read() as session:
        assert column_copy.usable(session, shop_id) is None


def test_segments_that_wait_for_history_hold_nobody_and_say_how_long(shop_id):
    with db.write() as session:
        shops.get(session, shop_id).history_from = NOW - timedelta(days=60)
    few = segment("few", "orders", "below", 3, window=90)
    found = tried(shop_id, [few, SAVED[0]]).segments[0]
    assert dataclasses.astuple(found) == ("few", "Few", 0, 0, 0, (), (), 30, "can be judged in 30 days")


def test_what_could_not_be_saved_is_not_tried(shop_id):
    with pytest.raises(InvalidDefinition):
        tried(shop_id, [SAVED[0], SAVED[0]])


def test_a_shop_without_customers_has_a_preview(settings, set_clock, large):
    set_clock(NOW)
    shop_id = made_shops.make_shop(definitions=SAVED)
    assert counts(tried(shop_id, [CANDIDATES[2]]))["never"] == (0, 0, 0)
    column_copy.make(shop_id)
    assert counts(tried(shop_id, [CANDIDATES[2]]))["never"] == (0, 0, 0)


BY_FACTS = [
    segment("new", "days_since_signup", "below", 400),
    segment("top", "spend_percentile", "at_least", 80),
    segment("slow", "overdue", "at_least", "1.5"),
    segment("gone", "days_since_last_order", "at_least", 180)
    | {"keep": [{"measure": "orders", "comparison": "at_least", "value": 3}], "minimum_stay": 30},
]


@pytest.mark.parametrize("size", [0, 1_000])
def test_what_asks_for_more_than_orders_is_previewed_as_it_will_be(shop_id, monkeypatch, size):
    monkeypatch.setattr(preview, "SMALL_SHOP", size)
    with db.write() as session:
        some = session.query(Customer).filter(Customer.shop_id == shop_id, Customer.customer_id % 2 == 0)
        some.update({Customer.signed_up_at: NOW - timedelta(days=200)})
    found = tried(shop_id, BY_FACTS)
    moved = moved_by_saving(shop_id, BY_FACTS)
    for each in found.segments:
        entered, left = moved[each.tag]
        assert (each.entering, each.leaving) == (len(entered), len(left))
    assert sum(each.entering for each in found.segments) > 100


def test_a_preview_knows_who_is_kept_by_a_lower_bar(shop_id, large):
    kept = {**SAVED[3], "conditions": [{"measure": "orders", "comparison": "at_least", "value": 10**6}]}
    kept["keep"] = [{"measure": "days_since_last_order", "comparison": "at_least", "value": 180}]
    before, after = tried(shop_id, SAVED).segments[3], tried(shop_id, [*SAVED[:3], kept]).segments[3]
    assert after.members == before.members > 0
    assert (after.entering, after.leaving) == (0, 0)


def test_a_preview_says_that_a_segment_waits_for_buyers(shop_id, monkeypatch):
    monkeypatch.setattr(baseline, "FEWEST_BUYERS", 10**6)
    found = tried(shop_id, BY_FACTS).segments[1]
    assert (found.members, found.waits_days) == (0, 0)
    assert found.waits.startswith("begins when 100 customers have bought")
