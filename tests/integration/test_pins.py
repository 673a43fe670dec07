"""Pins: the rows as masks, and what becomes of them when customers merge, segments go, or their time is over."""

from datetime import UTC, datetime, timedelta

import pytest

from plugin import clock
from plugin.db import session as db
from plugin.db.models import Customer, Pin
from plugin.segments.as_of import NEVER
from plugin.shop import shops as shop_rows
from plugin.standing import pinning, pins, segment_store
from tests.support import shop as shops
from tests.support import stored
from tests.support.installed import ON_ONE_DATABASE, segment
from workers import prune

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ANNA, BEN, CARL, GONE = 1, 2, 3, 4


@pytest.fixture
def shop(set_clock) -> int:
    set_clock(NOW)
    shop_id = shops.make_shop(definitions=[segment("buyer"), segment("repeat", 2), segment("regular", 5)])
    with db.write() as session:
        session.add_all(Customer(shop_id=shop_id, customer_id=number) for number in (ANNA, BEN, CARL))
        session.add(Customer(shop_id=shop_id, customer_id=GONE, deleted_at=NOW))
    return shop_id


def put(shop_id: int, customer: int, tag: str, into: bool = True, until: datetime | None = None, note: str = ""):
    with db.write() as session:
        shop_rows.hold(session, shop_id)
        return pinning.put(session, shop_id, customer, tag, into, until, note, now=clock.now(), cause="page")


def masks(shop_id: int, *customers: int, as_of: datetime = NOW) -> list[tuple[int, int, int]]:
    with db.read() as session:
        return list(zip(*(each.tolist() for each in pins.masks(session, shop_id, customers, as_of)), strict=True))


def tags(shop_id: int, customer: int) -> list[tuple[str, bool]]:
    with db.read() as session:
        return [(pin.tag, pin.into) for pin in pinning.of_customer(session, shop_id, customer, clock.now())]


def test_masks_say_what_each_customer_is_pinned_into_and_out_of_and_until_when(shop):
    soon, later = NOW + timedelta(days=1), NOW + timedelta(days=2)
    put(shop, ANNA, "Buyer", until=later)
    put(shop, ANNA, "repeat", into=False, until=soon)
    put(shop, CARL, "regular")
    other = shops.make_shop("other.myshopify.com", definitions=[segment("buyer")])
    with db.write() as session:
        session.add(Customer(shop_id=other, customer_id=ANNA))
    put(other, ANNA, "buyer")
    end = int(soon.timestamp())
    assert masks(shop, CARL, BEN, ANNA) == [(4, 0, NEVER), (0, 0, NEVER), (1, 2, end)]
    assert masks(shop, ANNA, as_of=soon - timedelta(microseconds=1)) == [(1, 2, end)]
    assert masks(shop, ANNA, as_of=soon) == [(1, 0, int(later.timestamp()))]
    assert masks(shop, ANNA, as_of=later) == [(0, 0, NEVER)]
    assert masks(shop) == []


@ON_ONE_DATABASE
def test_a_pin_replaces_the_one_before_it(shop):
    put(shop, ANNA, "buyer", note="A friend of the house")
    put(shop, ANNA, "buyer", into=False)
    (row,) = stored.everything()["pins"]
    assert (row["into"], row["note"], row["cause"], row["made_at"]) == (False, "", "page", NOW)


REFUSED = {
    "an unknown segment": ("tag", {"tag": "nothing"}),
    "somebody unknown": ("customer", {"customer": 99}),
    "somebody deleted": ("customer", {"customer": GONE}),
    "an end in the past": ("until", {"until": NOW}),
    "an end that is over at once": ("until", {"until": NOW + timedelta(microseconds=5)}),
    "an end in another age": ("until", {"until": datetime(9999, 1, 1, tzinfo=UTC)}),
    "a long note": ("note", {"note": "x" * 201}),
    "a note of two lines": ("note", {"note": "a\nb"}),
    "half a character": ("note", {"note": "\ud800"}),
}


@pytest.mark.parametrize("name", REFUSED)
@ON_ONE_DATABASE
def test_what_cannot_be_pinned_is_refused_in_words_and_changes_nothing(shop, name):
    path, wish = REFUSED[name]
    with pytest.raises(pinning.NotPinned) as refusal:
        put(shop, **({"customer": ANNA, "tag": "buyer"} | wish))
    assert refusal.value.path == path
    assert stored.everything()["pins"] == []


@ON_ONE_DATABASE
def test_the_longest_note_is_kept_as_it_was_written(shop):
    note = "ü" * 200
    assert put(shop, ANNA, "buyer", note=f" {note} ").note == note


def test_the_kept_customer_takes_over_the_others_pins_but_where_it_has_its_own(shop):
    put(shop, ANNA, "buyer", into=False)
    put(shop, BEN, "buyer")
    put(shop, BEN, "repeat", note="By phone")
    shops.merge(shop, ANNA, BEN)
    assert tags(shop, ANNA) == tags(shop, BEN) == [("buyer", False), ("repeat", True)]
    put(shop, BEN, "regular")
    assert {row["customer_id"] for row in stored.everything()["pins"]} == {ANNA}


@ON_ONE_DATABASE
def test_a_removed_segment_loses_its_pins_for_good(shop):
    put(shop, ANNA, "buyer")
    put(shop, ANNA, "repeat")
    for definitions in ([segment("repeat", 2)], [segment("repeat", 2), segment("buyer")]):
        with db.write() as session:
            segment_store.save(session, shop, definitions, NOW)
        assert tags(shop, ANNA) == [("repeat", True)]


def test_pins_that_have_ended_are_not_told_and_dropped_at_night(shop, set_clock):
    put(shop, ANNA, "buyer", until=NOW + timedelta(hours=1))
    put(shop, ANNA, "repeat", until=NOW + timedelta(hours=2))
    put(shop, BEN, "repeat")
    set_clock(NOW + timedelta(hours=1))
    assert tags(shop, ANNA) == [("repeat", True)]
    prune.prune_shop(shop)
    with db.read() as session:
        assert session.get(Pin, (shop, ANNA, 0)) is None
    assert [row["customer_id"] for row in stored.everything()["pins"]] == [ANNA, BEN]


@ON_ONE_DATABASE
def test_one_pin_or_all_of_a_customer_are_taken_away(shop):
    for tag in ("buyer", "repeat", "regular"):
        put(shop, ANNA, tag)
    put(shop, BEN, "buyer")
    with db.write() as session:
        assert pinning.remove(session, shop, ANNA, "REPEAT", now=NOW) == 1
        assert pinning.remove(session, shop, ANNA, "repeat", now=NOW) == 0
        assert pinning.remove(session, shop, ANNA, None, now=NOW) == 2
    assert [row["customer_id"] for row in stored.everything()["pins"]] == [BEN]
