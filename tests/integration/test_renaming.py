"""All tags get the shop's prefix: other segments with the same rules, the old tags off, pins as they were."""

from collections.abc import Callable
from typing import Any

import pytest

from plugin import clock
from plugin.db import session as db
from plugin.db.models import Pin
from plugin.shop import settings_changes
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import renaming
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, segment


def prefer(shop: InstalledShop, prefix: str) -> None:
    with db.write() as session:
        settings_changes.make(session, shop.id, clock.now(), tag_prefix=prefix)


def rename(shop: InstalledShop) -> int:
    with db.write() as session:
        renamed = renaming.rename(session, shop.id, clock.now())
    shop.settle()
    return renamed


@pytest.fixture
def tagged(shop: InstalledShop) -> Callable[[], dict[str, list[int]]]:
    """The tags in the store of a shop with two segments: two customers with one order, one with two."""
    shop.buyers(2)
    shop.buy(shop.buy()["customer"]["id"])
    shop.drain()
    shop.save_segments(segment("buyer"), segment("repeat", 2))
    shop.settle()
    return lambda: {tag: sorted(customers) for tag, customers in shop.store.tags(shop.handle).items()}


def test_the_tags_in_the_store_are_renamed_and_again(
    shop: InstalledShop, tagged: Callable[[], dict[str, list[int]]]
) -> None:
    before = tagged()
    prefer(shop, "club: ")
    with db.read() as session:
        plan = renaming.plan(session, shop.id)
    assert [(each.tag, each.new_tag, each.customers) for each in plan.tags] == [
        ("buyer", "club: buyer", 3),
        ("repeat", "club: repeat", 1),
    ]
    assert (plan.customers, plan.bars, tagged()) == (3, (), before)
    for prefix in ("club: ", "vip-", "", "x/"):
        prefer(shop, prefix)
        assert rename(shop) == 2
        assert tagged() == {f"{prefix}{tag}": customers for tag, customers in before.items()}
        assert rename(shop) == 0


def test_pins_stay_with_their_segment(shop: InstalledShop, tagged: Callable[[], dict[str, list[int]]]) -> None:
    carrying = tagged()["buyer"]
    left_out, made = carrying[0], {"made_at": clock.now(), "cause": "merchant", "note": "asked us"}
    with db.write() as session:
        session.add(Pin(shop_id=shop.id, customer_id=left_out, bit=shop_bit(shop, "buyer"), into=False, **made))
    prefer(shop, "club-")
    rename(shop)

    assert tagged()["club-buyer"] == [each for each in carrying if each != left_out]
    (pin,) = shop.rows(Pin, Pin.bit)
    assert (pin.bit, pin.customer_id, pin.note) == (shop_bit(shop, "club-buyer"), left_out, "asked us")


@ON_ONE_DATABASE
def test_who_stays_by_a_lower_bar_is_announced(shop: InstalledShop) -> None:
    steady: dict[str, Any] = {**segment("steady"), "minimum_stay": 30}
    shop.save_segments(segment("buyer"), steady)
    prefer(shop, "club-")
    with db.read() as session:
        assert renaming.plan(session, shop.id).bars == ("Steady",)


@pytest.mark.parametrize(
    ("tag", "prefix", "former", "expected"),
    [
        ("loyal", "", (), "loyal"),
        ("loyal", "club-", (), "club-loyal"),
        ("Club-loyal", "club-", (), "Club-loyal"),
        ("club-loyal", "vip ", ("club-",), "vip loyal"),
        ("club-loyal", "", ("c", "club-"), "loyal"),
        ("club-", "vip-", ("club-",), "vip-club-"),
        ("vip", "x-", ("v",), "x-vip"),
        ("vrepeat", "x-", ("v",), "x-repeat"),
    ],
)
def test_a_prefix_takes_the_place_of_the_one_before(
    tag: str, prefix: str, former: tuple[str, ...], expected: str
) -> None:
    assert renaming.new_tag(tag, ShopSettings(tag_prefix=prefix, former_prefixes=former)) == expected


def shop_bit(shop: InstalledShop, tag: str) -> int:
    with db.read() as session:
        return next(row.bit for row in renaming.segment_store.rows(session, shop.id) if row.tag == tag)
