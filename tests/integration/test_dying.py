"""Jobs that die before or after any of their commits and calls, one point after the other: the next one makes it good.

The import, bulk writing, erasing and counting anew have tests like this of their own.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from plugin import clock, runs, turns
from plugin.db import session as db
from plugin.standing import segment_store
from tests.support import turmoil
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, segment
from tests.support.mortality import Killed, Reaper
from workers import drain_inbox, hear_tags, sync_tags, work_on_runs

pytestmark = ON_ONE_DATABASE
MOST_POINTS = 100
Work = Callable[[int], None]


@pytest.fixture
def selling(shop: InstalledShop) -> InstalledShop:
    """A shop with two customers, who are tagged."""
    shop.save_segments(segment("buyer"), segment("repeat", 2))
    shop.buyers(2)
    shop.settle()
    return shop


def dies_everywhere(shop: InstalledShop, prepare: Callable[[int], Any], work: Work) -> int:
    """Prepare, let the work die at one point more each time, and take it up; at how many points it died."""
    for point in range(1, MOST_POINTS):
        prepare(point)
        died = False
        with Reaper(point).at_work():
            try:
                work(shop.id)
            except Killed:
                died = True
        with db.write() as session:
            turns.revoke_all(session, shop.id)  # a lease would run out
        work(shop.id)
        for each in (hear_tags.hear_tags, drain_inbox.drain_inbox, work_on_runs.work_on_runs, sync_tags.sync_tags):
            each(shop.id)
        assert (point, tagged(shop)) == (point, bought(shop))
        if not died:
            return point - 1
    raise AssertionError("There is always one more point to die at")


def tagged(shop: InstalledShop) -> dict[str, list[int]]:
    return {tag: shop.tagged(tag) for tag in ("buyer", "repeat")}


def bought(shop: InstalledShop) -> dict[str, list[int]]:
    """Who should carry which tag, by the store's own orders."""
    buyers = [order["customer"]["id"] for order in shop.store.orders(shop.handle)]
    return {"buyer": sorted(set(buyers)), "repeat": sorted({who for who in buyers if buyers.count(who) > 1})}


def test_folding_dies_anywhere(selling):
    def prepare(_: int) -> None:
        selling.buy(selling.buyers(1)[0])
        selling.receive()

    assert dies_everywhere(selling, prepare, drain_inbox.drain_inbox) >= 12
    assert all(event.done_at for event in selling.events() if not event.topic.startswith("customer."))


def test_hearing_of_tags_dies_anywhere(selling):
    def prepare(_: int) -> None:
        (buyer,) = selling.buyers(1)
        selling.drain()
        selling.sync()
        turmoil.later(selling, timedelta(seconds=2))  # within a second it would be taken for our own doing
        selling.store.tag_customer(selling.handle, buyer, remove=["buyer"])
        selling.receive()

    assert dies_everywhere(selling, prepare, hear_tags.hear_tags) >= 8


def test_writing_tags_dies_anywhere(selling):
    def prepare(_: int) -> None:
        selling.buy(selling.buyers(2)[0])
        selling.drain()

    assert dies_everywhere(selling, prepare, sync_tags.sync_tags) >= 10
    assert all(each.applied_tags == each.wanted_tags and not each.unsure_tags for each in selling.customers())


def test_writing_tags_with_a_token_that_ends_early_dies_anywhere(selling):
    def prepare(_: int) -> None:
        selling.buyers(1)
        selling.drain()
        selling.store.expire_tokens(selling.handle)

    assert dies_everywhere(selling, prepare, sync_tags.sync_tags) >= 16
    assert selling.row().token_error is None


def test_judging_everybody_dies_anywhere(selling):
    """What was judged shows in the tags: each time the segment that everybody is in takes another one."""

    def prepare(point: int) -> None:
        with db.write() as session:
            rules = [segment("buyer"), segment("repeat", 2), segment(f"tag-{point}")]
            segment_store.save(session, selling.id, rules, clock.now())
            runs.start_refresh(session, selling.id, clock.now())

    assert dies_everywhere(selling, prepare, work_on_runs.work_on_runs) >= 16
    assert {run.state for run in selling.runs()} == {runs.DONE}
    latest = max(selling.store.tags(selling.handle), key=lambda tag: int(tag.partition("-")[2] or 0))
    assert selling.tagged(latest) == selling.tagged("buyer")
