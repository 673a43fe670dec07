"""Shopify's own groups of customers: read where a segment asks for them, and every week from then on."""

import pytest

from plugin import clock, runs
from plugin.db import session as db
from plugin.standing import mirrors, segment_store
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, segment
from workers import compare_tags, prune

NEW = {"measure": "shopify_rfm", "comparison": "is", "value": "new"}
OTHERS = {"measure": "shopify_rfm", "comparison": "is_not", "value": ["new"]}
GROUPS = [
    {"name": "Shopify's new", "tag": "new", "conditions": [NEW]},
    {"name": "Not new", "tag": "others", "conditions": [OTHERS]},
]


def tagged(shop: InstalledShop) -> tuple[list[int], list[int]]:
    return shop.tagged("new"), shop.tagged("others")


def test_groups_are_read_when_a_segment_asks_for_them_and_every_week(shop):
    first, second = shop.buyers(2)
    shop.buy(second)
    shop.settle()
    shop.save_segments(*GROUPS)
    with db.read() as session:
        waits = segment_store.incomplete(session, shop.id, clock.now())
    assert {wait.reason for wait in waits.values()} == {mirrors.GROUPS}
    shop.settle()
    assert tagged(shop) == ([first], [second])
    shop.buy(first)
    shop.settle()
    assert tagged(shop) == ([first], [second])  # no message tells
    compare_tags.compare_tags()
    shop.settle()
    assert tagged(shop) == ([], [first, second])


@ON_ONE_DATABASE
def test_page_by_page_they_are_read_too(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    shop.store.bulk_conduct(shop.handle, "QUERY", refused="403")
    shop.save_segments(*GROUPS)
    shop.settle()
    assert tagged(shop) == ([buyer], [])


@ON_ONE_DATABASE
def test_they_are_not_asked_for_where_no_segment_goes_by_them(shop):
    shop.buyers(1)
    shop.settle()
    compare_tags.compare_tags()
    shop.settle()
    assert not any("rfmGroup" in each["query"] for each in shop.store.bulk_operations(shop.handle))
    assert [row.shopify_rfm for row in shop.customers()] == [None]


def test_they_are_dropped_when_no_segment_asks_for_them_any_more(shop):
    shop.buyers(2)
    shop.settle()
    shop.save_segments(*GROUPS)
    shop.settle()
    prune.prune_shop(shop.id)
    assert [row.shopify_rfm for row in shop.customers()] == ["new"] * 2
    shop.save_segments(segment("buyer"))
    shop.settle()
    prune.prune_shop(shop.id)
    assert [row.shopify_rfm for row in shop.customers()] == [None] * 2
    assert shop.row().shopify_rfm_at is None


@ON_ONE_DATABASE
@pytest.mark.parametrize("position", [{}, {"groups": False, "found": {}}])
def test_a_comparison_under_way_when_they_are_first_asked_for_reads_them_in_the_end(shop, position):
    (buyer,) = shop.buyers(1)
    shop.settle()
    with db.write() as session:
        runs.start(session, shop.id, runs.COMPARISON, clock.now())
        session.flush()
        runs.newest(session, shop.id, runs.COMPARISON).position = position
    shop.save_segments(*GROUPS)
    shop.settle()
    assert tagged(shop) == ([buyer], [])
    assert sum(run.kind == runs.COMPARISON for run in shop.runs()) == 1
