"""The tags in the store against a model that fits on a page: answers are lost, writers die, others change tags, too.

In the end every customer carries what the segments say and what others gave them, and at no moment is a tag of others
gone. tests/support/modelled.py says how to try more of it.
"""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from plugin import turns
from plugin.db import session as db
from plugin.tagging import tag_changes, tag_drift
from tests.support import turmoil
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, segment
from tests.support.modelled import explore
from tests.support.mortality import Killed, Reaper

OURS = {"buyer": 1, "repeat": 2}
THEIRS = ("wholesale", "Buyers", "vip")
ROOM = 250
WHO = st.integers(0, 1)


class Tags(RuleBasedStateMachine):
    """Two customers. `theirs` is what others gave them, `ours_of_others` those of our tags among it."""

    def __init__(self, shop: InstalledShop) -> None:
        super().__init__()
        self.shop, self.store = shop, shop.store
        self.customers = [shop.store.create_customer(shop.handle)["id"] for _ in range(2)]
        self.orders: list[list[int]] = [[], []]
        self.theirs: list[set[str]] = [set(), set()]
        self.gone: set[int] = set()
        self.refused = False
        self.taken_off = Counter[tuple[int, str]]()
        shop.settle()

    @rule(who=WHO)
    def buys(self, who: int) -> None:
        if who not in self.gone:
            self.orders[who].append(self.shop.buy(self.customers[who])["id"])

    @rule(who=WHO)
    def cancels(self, who: int) -> None:
        if self.orders[who] and who not in self.gone:
            self.store.cancel_order(self.shop.handle, self.orders[who].pop())

    @rule()
    def deliveries_are_folded(self) -> None:
        self.shop.drain()

    @rule()
    def tags_are_written(self) -> None:
        self.shop.sync()

    @rule(
        who=WHO, kind=st.sampled_from(("cut", "503")), after=st.sampled_from((True, True, False)), regrets=st.booleans()
    )
    def answers_are_lost(self, who: int, kind: str, after: int, regrets: bool) -> None:
        """More often than one writer tries; what was wanted may be another thing before the next one comes."""
        self.buys(who)
        self.shop.drain()
        self.store.fault(kind, shop=self.shop.handle, after=bool(after), remaining=3)
        self.shop.sync()
        self.store.clear_faults()
        self.changes_its_mind(who, regrets)

    @rule(who=WHO, point=st.integers(1, 14), regrets=st.booleans())
    def a_writer_dies(self, who: int, point: int, regrets: bool) -> None:
        self.buys(who)
        self.shop.drain()
        try:
            with Reaper(point).at_work():
                self.shop.sync()
        except Killed:
            with db.write() as session:
                turns.revoke_all(session, self.shop.id)  # a lease would run out
        self.changes_its_mind(who, regrets)

    def changes_its_mind(self, who: int, regrets: bool) -> None:
        if regrets:
            self.cancels(who)
            self.shop.drain()

    @rule(who=WHO, tag=st.sampled_from(THEIRS))
    def others_change_a_tag_of_their_own(self, who: int, tag: str) -> None:
        if who in self.gone or len(self.theirs[who]) >= ROOM:
            return
        change = {"remove": [tag]} if tag in self.theirs[who] else {"add": [tag]}
        self.store.tag_customer(self.shop.handle, self.customers[who], **change)
        self.theirs[who] ^= {tag}

    @rule(who=WHO, tag=st.sampled_from(sorted(OURS)))
    def others_change_a_tag_of_ours(self, who: int, tag: str) -> None:
        """Once all is quiet: what comes of a change in the middle of ours is in docs/limits.md."""
        self.shop.settle()
        there = tag in self.shop.tags(self.customers[who]) if who not in self.gone else False
        fought = there and tag not in self.theirs[who] and self.taken_off[who, tag] == tag_drift.MOST_FIGHTS
        if who in self.gone or fought or len(self.theirs[who]) >= ROOM:
            return
        turmoil.later(self.shop, timedelta(seconds=2))
        self.store.tag_customer(self.shop.handle, self.customers[who], **{"remove" if there else "add": [tag]})
        self.taken_off[who, tag] += there
        self.theirs[who] = self.theirs[who] - {tag} if there else self.theirs[who] | {tag}
        self.shop.settle()

    @precondition(lambda self: not self.refused)
    @rule(who=WHO)
    def others_leave_no_room(self, who: int) -> None:
        if who in self.gone:
            return
        self.shop.settle()
        carried = len(self.shop.tags(self.customers[who]))
        more = [f"theirs-{number}" for number in range(ROOM - carried)]
        self.store.tag_customer(self.shop.handle, self.customers[who], add=more)
        self.theirs[who] |= set(more)
        self.refused = True

    @rule(who=WHO)
    def is_deleted(self, who: int) -> None:
        if who == 1 and who not in self.gone:
            self.store.delete_customer(self.shop.handle, self.customers[who], force=True)
            self.gone.add(who)

    @invariant()
    def what_is_theirs_is_there(self) -> None:
        for who in {0, 1} - self.gone:
            assert self.theirs[who] <= set(self.shop.tags(self.customers[who]))

    def teardown(self) -> None:
        """There is room again, and a day later all is as it should be; then all is bought, and given back."""
        self.store.clear_faults()
        for who in {0, 1} - self.gone if self.refused else ():
            full = [tag for tag in self.theirs[who] if tag.startswith("theirs-")]
            self.store.tag_customer(self.shop.handle, self.customers[who], remove=full)
            self.theirs[who] -= set(full)
        if self.refused:
            self.shop.settle()
            turmoil.later(self.shop, tag_changes.REFUSED_AGAIN_AFTER + timedelta(minutes=1))
        self.shop.settle()
        self.carry_what_they_should()
        for who in {0, 1} - self.gone:
            while len(self.orders[who]) < max(OURS.values()):
                self.buys(who)
        self.shop.settle()
        for who in {0, 1} - self.gone:
            while self.orders[who]:
                self.cancels(who)
        self.shop.settle()
        self.carry_what_they_should()

    def carry_what_they_should(self) -> None:
        for who in {0, 1} - self.gone:
            wanted = {tag for tag, least in OURS.items() if len(self.orders[who]) >= least}
            assert set(self.shop.tags(self.customers[who])) == wanted | self.theirs[who]
        assert all(not each.unsure_tags for each in self.shop.customers())


@pytest.fixture
def selling(shop: InstalledShop) -> InstalledShop:
    shop.save_segments(*(segment(tag, least) for tag, least in OURS.items()))
    shop.settle()
    return shop


@ON_ONE_DATABASE
def test_tags_end_as_they_should_be_whatever_is_lost_and_whoever_interferes(selling):
    explore(lambda: Tags(selling), examples=5, steps=12)
