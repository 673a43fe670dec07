"""Segments kept in Shopify: their members get a tag of ours, by lists, by messages and by comparing every night."""

import contextlib
import itertools
import json
from datetime import timedelta

import pytest

from plugin import clock, runs, turns
from plugin.db import session as db
from plugin.db.models import Customer, Mirror, MirrorMark, Movement, Run
from plugin.shop import privacy
from plugin.shopify import segments
from plugin.standing import mirror_members, mirrors, segment_store
from tests.support.installed import ON_ONE_DATABASE, InstalledShop
from workers import drain_inbox, hear_tags, mirror_segments, work_on_runs

BOUGHT_TWICE = "number_of_orders >= 2"
# Of the one segment a test saves: a new shop has six.
BIT = 6


def mirrored(*numbers: int, tag: str = "mirrored", comparison: str = "is") -> dict:
    values = [str(number) for number in numbers]
    condition = {"measure": "shopify_segment", "comparison": comparison, "value": values}
    return {"name": tag.capitalize(), "tag": tag, "conditions": [condition]}


def follow(shop: InstalledShop, *definitions: dict) -> None:
    shop.save_segments(*definitions)
    shop.settle()


def rows(shop: InstalledShop) -> list[Mirror]:
    return shop.rows(Mirror, Mirror.bit)


def bits(shop: InstalledShop) -> dict[int, int]:
    return {row.customer_id: row.mirrored for row in shop.customers() if row.mirrored}


def compare(shop: InstalledShop) -> None:
    """As the night's job does, long after the last message."""
    shop.store.set_clock((clock.now() + timedelta(hours=2)).isoformat())
    mirror_segments.mirror_segments()
    shop.settle()


@pytest.fixture
def pages(monkeypatch) -> None:
    """Two members a page."""
    monkeypatch.setattr(segments, "MEMBERS_A_PAGE", 2)


@pytest.fixture
def five(shop) -> list[int]:
    """Five customers who bought twice, and one who did not."""
    buyers = shop.buyers(6)
    for buyer in buyers[:5]:
        shop.buy(buyer)
    shop.settle()
    return buyers[:5]


def test_the_members_of_a_segment_in_shopify_get_a_tag(shop, five, pages):
    number = shop.store.create_segment(shop.handle, "Came back", BOUGHT_TWICE)
    follow(shop, mirrored(number))
    assert shop.tagged("mirrored") == five
    (mirror,) = rows(shop)
    assert (mirror.segment_id, mirror.name, mirror.members, mirror.error) == (number, "Came back", 5, None)
    assert shop.rows(MirrorMark, MirrorMark.customer_id) == []


def test_who_joins_or_leaves_gets_or_loses_it_at_once(shop, five):
    number = shop.store.create_segment(shop.handle, "Friends", "customer_tags CONTAINS 'friend'")
    follow(shop, mirrored(number))
    shop.store.tag_customer(shop.handle, five[0], add=["friend"])
    shop.settle()
    assert shop.tagged("mirrored") == [five[0]]
    shop.store.set_clock("+60")
    shop.store.tag_customer(shop.handle, five[0], remove=["friend"])
    shop.settle()
    assert shop.tagged("mirrored") == []


def test_what_no_message_told_is_found_by_the_nights_comparison(shop, five, pages):
    number = shop.store.create_segment(shop.handle, "Friends", "customer_tags CONTAINS 'friend'")
    for each in five[:3]:
        shop.store.tag_customer(shop.handle, each, add=["friend"])
    follow(shop, mirrored(number))
    for each in five[:2]:
        shop.store.tag_customer(shop.handle, each, remove=["friend"])
    for each in five[3:]:
        shop.store.tag_customer(shop.handle, each, add=["friend"])
    shop.posted()  # lost
    compare(shop)
    assert shop.tagged("mirrored") == five[2:]
    assert rows(shop)[0].members == 3
    assert shop.rows(MirrorMark, MirrorMark.customer_id) == []


@ON_ONE_DATABASE
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_the_newest_message_stands_whatever_comes_first(shop, order):
    (buyer,) = shop.buyers(1)
    number = shop.store.create_segment(shop.handle, "Friends", "customer_tags CONTAINS 'friend'")
    follow(shop, mirrored(number))
    for seconds, change in ((60, "add"), (120, "remove"), (180, "add")):
        shop.store.set_clock(f"+{seconds}")
        shop.store.tag_customer(shop.handle, buyer, **{change: ["friend"]})
    told = [each for each in shop.posted() if each.headers["x-shopify-topic"].endswith("_segment")]
    assert len(told) == 3
    for place in order:
        shop.receive([told[place]])
        shop.settle()
    assert shop.tagged("mirrored") == [buyer]


def told_meanwhile(shop: InstalledShop, customer: int, monkeypatch: pytest.MonkeyPatch, *, inside: bool) -> None:
    """Between the answer with the first page and its folding a message comes that says otherwise."""
    real = segments.members

    def members(client, segment_id, after):
        found = real(client, segment_id, after)
        if after is None:
            shop.store.tag_customer(
                shop.handle, customer, **({"add": ["friend"]} if inside else {"remove": ["friend"]})
            )
            shop.receive()
            hear_tags.hear_tags(shop.id)
            drain_inbox.drain_inbox(shop.id)
            assert bool(bits(shop).get(customer)) is inside
        return found

    monkeypatch.setattr(segments, "members", members)


@ON_ONE_DATABASE
@pytest.mark.parametrize("inside", [True, False])
def test_a_message_wins_over_the_list_that_is_being_compared(shop, five, pages, monkeypatch, inside):
    """The list shows what was so before: its copy is a little behind."""
    number = shop.store.create_segment(shop.handle, "Friends", "customer_tags CONTAINS 'friend'")
    for each in five:
        shop.store.tag_customer(shop.handle, each, add=["friend"])
    if inside:
        shop.store.tag_customer(shop.handle, five[0], remove=["friend"])
    follow(shop, mirrored(number))
    told_meanwhile(shop, five[0], monkeypatch, inside=inside)
    compare(shop)
    assert (five[0] in shop.tagged("mirrored")) is inside
    assert shop.tagged("mirrored")[-4:] == five[1:]
    moved = [
        move.entered for move in shop.rows(Movement, Movement.at) if (move.customer_id, move.bit) == (five[0], BIT)
    ]
    assert moved == ([True] if inside else [True, False])  # nobody went in and out again meanwhile


class Killed(BaseException):
    """Stands for the end of the process: nothing here catches it."""


def work_until_killed(shop: InstalledShop, monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    """Work on runs in a process that ends at its write of this number; its turn is over."""
    real, left = db.write, iter(range(writes))

    def write():
        if next(left, None) is None:
            raise Killed
        return real()

    with monkeypatch.context() as patch:
        patch.setattr(db, "write", write)
        with contextlib.suppress(Killed):
            work_on_runs.work_on_runs(shop.id)
    with db.write() as session:
        turns.revoke_all(session, shop.id)


@ON_ONE_DATABASE
def test_killed_at_any_moment_a_comparison_ends_the_same(shop, five, pages, monkeypatch):
    number = shop.store.create_segment(shop.handle, "Came back", BOUGHT_TWICE)
    shop.save_segments(mirrored(number))
    for writes in range(40):
        work_until_killed(shop, monkeypatch, writes)
    shop.settle()
    assert shop.tagged("mirrored") == five
    assert shop.rows(MirrorMark, MirrorMark.customer_id) == []


@ON_ONE_DATABASE
def test_killed_between_two_pages_a_comparison_goes_on_from_the_second(shop, five, pages, monkeypatch):
    number = shop.store.create_segment(shop.handle, "Came back", BOUGHT_TWICE)
    shop.save_segments(mirrored(number))
    real, asked = segments.members, []

    def members(client, segment_id, after):
        asked.append(after)
        if len(asked) == 2:
            raise Killed
        return real(client, segment_id, after)

    monkeypatch.setattr(segments, "members", members)
    with pytest.raises(Killed):
        work_on_runs.work_on_runs(shop.id)
    with db.write() as session:
        turns.revoke_all(session, shop.id)
    shop.settle()
    assert asked[0] is None
    assert (None not in asked[1:], asked[1] == asked[2], len(asked)) == (True, True, 4)
    assert shop.tagged("mirrored") == five


@ON_ONE_DATABASE
def test_a_segment_that_was_deleted_keeps_its_members_and_says_so(shop, five):
    number = shop.store.create_segment(shop.handle, "Came back", BOUGHT_TWICE)
    follow(shop, mirrored(number))
    shop.store.delete_segment(shop.handle, number)
    compare(shop)
    assert shop.tagged("mirrored") == five
    with db.read() as session:
        (problem,) = mirrors.problems(session, shop.id)
    assert problem.heading == "Your Shopify segment “Came back” cannot be read"
    assert "no longer exists" in problem.text
    assert "keep their tags" in problem.text


@ON_ONE_DATABASE
def test_a_segment_whose_query_fails_waits_says_so_and_begins_when_it_works_again(shop, five):
    number = shop.store.create_segment(shop.handle, "Came back", BOUGHT_TWICE)
    shop.store.fail_segment(shop.handle, number, "'seen' filter cannot be found.")
    follow(shop, mirrored(number), mirrored(number, tag="others", comparison="is_not"))
    assert (shop.tagged("mirrored"), shop.tagged("others")) == ([], [])
    with db.read() as session:
        (problem,) = mirrors.problems(session, shop.id)
        waits = segment_store.incomplete(session, shop.id, clock.now())
    assert "'seen' filter cannot be found" in problem.text
    assert [wait.words for wait in waits.values()] == ["needs a Shopify segment that cannot be read"] * 2
    shop.store.fail_segment(shop.handle, number, None)
    compare(shop)
    assert shop.tagged("mirrored") == five
    assert len(shop.tagged("others")) == 1
    with db.read() as session:
        assert mirrors.problems(session, shop.id) == []


@ON_ONE_DATABASE
def test_nobody_is_judged_by_members_who_are_not_here_yet(shop, five, pages):
    number = shop.store.create_segment(shop.handle, "Came back", BOUGHT_TWICE)
    shop.save_segments(mirrored(number), mirrored(number, tag="others", comparison="is_not"))
    with db.read() as session:
        waits = segment_store.incomplete(session, shop.id, clock.now())
    assert {wait.reason for wait in waits.values()} == {mirrors.FETCHING}
    assert all(row.wanted_tags == 0 for row in shop.customers())


def test_what_nobody_asks_for_any_more_is_dropped_and_its_bit_is_free_again(shop, five):
    first = shop.store.create_segment(shop.handle, "Came back", BOUGHT_TWICE)
    second = shop.store.create_segment(shop.handle, "Bought", "number_of_orders >= 1")
    follow(shop, mirrored(first))
    follow(shop, mirrored(second))
    assert [(row.bit, row.segment_id) for row in rows(shop)] == [(1, second)]
    assert len(shop.tagged("mirrored")) == 6
    follow(shop, mirrored(first))
    assert [(row.bit, row.segment_id) for row in rows(shop)] == [(0, first)]
    assert shop.tagged("mirrored") == five
    assert set(bits(shop).values()) == {1}


@ON_ONE_DATABASE
def test_a_member_we_have_never_heard_of_gets_a_row_and_the_tag(shop):
    number = shop.store.create_segment(shop.handle, "Everybody", "number_of_orders >= 0")
    stranger = shop.store.create_customer(shop.handle)["id"]
    shop.posted()  # lost
    follow(shop, mirrored(number))
    assert shop.tagged("mirrored") == [stranger]


@ON_ONE_DATABASE
def test_who_was_erased_does_not_come_back_with_a_list_or_a_message(shop, five):
    number = shop.store.create_segment(shop.handle, "Came back", BOUGHT_TWICE)
    follow(shop, mirrored(number))
    shop.store.redact_customer(shop.handle, five[0])
    shop.settle()
    joined = {"customer_id": f"gid://shopify/Customer/{five[0]}", "segment_id": f"gid://shopify/Segment/{number}"}
    shop.store.send_webhook(shop.handle, "customer.joined_segment", joined)
    shop.settle()
    compare(shop)
    with db.read() as session:
        assert session.get(Customer, (shop.id, five[0])) is None
    assert sorted(bits(shop)) == five[1:]


@ON_ONE_DATABASE
def test_a_customers_own_file_says_in_which_segments_they_are(shop, five):
    number = shop.store.create_segment(shop.handle, "Came back", BOUGHT_TWICE)
    follow(shop, mirrored(number))
    shop.store.request_data(shop.handle, five[0])
    shop.settle()
    with db.read() as session:
        (request,) = privacy.open_requests(session, shop.id, clock.now())
    (stored,) = json.loads(request.content)["stored"]["customers"]
    assert stored["mirrored"] == ["Came back"]


@ON_ONE_DATABASE
def test_messages_about_segments_nobody_asked_for_end_before_the_orders(shop, five):
    shop.store.create_segment(shop.handle, "Friends", "customer_tags CONTAINS 'friend'")
    shop.store.tag_customer(shop.handle, five[0], add=["friend"])
    shop.settle()
    (told,) = [event for event in shop.events() if event.topic == "customer.joined_segment"]
    assert (told.stage, told.failed_at, told.done_at is not None) == ("heard", None, True)
    assert bits(shop) == {}


@ON_ONE_DATABASE
def test_a_place_shopify_has_forgotten_is_begun_anew(shop, five, pages, monkeypatch):
    number = shop.store.create_segment(shop.handle, "Came back", BOUGHT_TWICE)
    real, asked = segments.members, []

    def members(client, segment_id, after):
        asked.append(after)
        return real(client, segment_id, "no such place" if len(asked) == 2 else after)

    monkeypatch.setattr(segments, "members", members)
    follow(shop, mirrored(number))
    assert shop.tagged("mirrored") == five


@ON_ONE_DATABASE
def test_customers_who_were_merged_away_are_in_no_segment(shop, five):
    number = shop.store.create_segment(shop.handle, "Came back", BOUGHT_TWICE)
    follow(shop, mirrored(number))
    shop.store.merge_customers(shop.handle, five[1], five[0])
    shop.settle()
    compare(shop)
    assert sorted(bits(shop)) == five[1:]


@ON_ONE_DATABASE
def test_more_members_than_are_looked_at_at_once_leave(shop, five, monkeypatch):
    monkeypatch.setattr(mirror_members, "CUSTOMERS_AT_ONCE", 2)
    number = shop.store.create_segment(shop.handle, "Bought", "number_of_orders < 3")
    follow(shop, mirrored(number))
    assert len(shop.tagged("mirrored")) == 6
    for buyer in five:
        shop.buy(buyer)
    lost = [each for each in shop.posted() if "segment" not in each.headers["x-shopify-topic"]]
    shop.receive(lost)
    compare(shop)
    assert len(shop.tagged("mirrored")) == 1


@ON_ONE_DATABASE
def test_a_comparison_gives_way_to_what_a_merchant_waits_for(shop, five):
    number = shop.store.create_segment(shop.handle, "Came back", BOUGHT_TWICE)
    follow(shop, mirrored(number))
    with db.write() as session:
        runs.start(session, shop.id, runs.MIRROR, clock.now())
        runs.start_refresh(session, shop.id, clock.now() + timedelta(seconds=1))
    with db.read() as session:
        first = runs.next_run(session, shop.id)
        assert isinstance(first, Run)
        assert first.kind == runs.REFRESH
