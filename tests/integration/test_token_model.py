"""A shop's tokens against a model that fits on a page: they end, are revoked, raced for, lost on the way, and dropped.

No refresh token is traded twice unless an answer was lost, and what Shopify refused once is not shown to it again.
tests/support/modelled.py says how to try more of it.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from plugin import turns
from plugin.db import session as db
from plugin.shop import shops
from plugin.shopify import errors
from plugin.shopify.admin_api import document
from tests.support import turmoil
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, open_app
from tests.support.modelled import explore
from tests.support.mortality import Killed, Reaper
from workers import heed_notices

PROCESSES = 3


def use(shop: InstalledShop) -> bool:
    """Ask the shop something, as a job does; whether it answered."""
    try:
        shops.admin_client(shop.id).execute(document("shop"))
    except errors.ShopifyError as error:
        if not isinstance(error, errors.Paused | errors.Uninstalled):
            shops.note_failed(shop.id, error)
        return False
    shops.note_answered(shop.id)
    return True


class Tokens(RuleBasedStateMachine):
    """One shop. `refused` are the tokens Shopify has told us are dead, `lost` how many answers we never heard."""

    def __init__(self, shop: InstalledShop) -> None:
        super().__init__()
        self.shop, self.store = shop, shop.store
        self.refused: set[str] = set()
        self.traded = Counter[str]()
        self.lost = 0
        self.store.forget_calls()

    @rule(hours=st.sampled_from((0.3, 0.97, 2)))
    def time_passes(self, hours: float) -> None:
        turmoil.later(self.shop, timedelta(hours=hours))

    @rule()
    def tokens_end_early(self) -> None:
        self.store.expire_tokens(self.shop.handle)

    @rule()
    def all_tokens_are_revoked(self) -> None:
        self.store.revoke_tokens(self.shop.handle)

    @rule(processes=st.integers(1, PROCESSES))
    def it_is_used(self, processes: int) -> None:
        with ThreadPoolExecutor(processes) as running:
            list(running.map(use, [self.shop] * processes))
        self.heard(processes, most_trades=1)

    @rule(after=st.booleans())
    def an_answer_with_tokens_is_lost(self, after: bool) -> None:
        self.store.fault("cut", target="oauth", shop=self.shop.handle, after=after, remaining=1)
        use(self.shop)
        self.store.clear_faults()
        self.lost += after
        self.heard()

    @rule(point=st.integers(1, 14))
    def a_process_dies(self, point: int) -> None:
        try:
            with Reaper(point).at_work():
                use(self.shop)
        except Killed:
            self.lost += 1
            with db.write() as session:
                turns.revoke_all(session, self.shop.id)  # a lease would run out
            self.heard(knows=False)
        else:
            self.heard()

    @rule()
    def the_merchant_opens_the_app(self) -> None:
        open_app(self.store, self.shop.handle)
        self.heard()

    @rule()
    def the_merchant_removes_the_app_and_comes_back(self) -> None:
        self.store.uninstall(self.shop.handle)
        self.shop.receive()
        heed_notices.heed_notices(self.shop.id)
        assert not use(self.shop)
        self.the_merchant_opens_the_app()

    def teardown(self) -> None:
        """Whatever happened, opening the app once we know of it is enough."""
        self.store.clear_faults()
        if not use(self.shop):
            self.the_merchant_opens_the_app()
            assert use(self.shop)
        self.heard()
        assert self.shop.row().token_error is None

    def heard(self, processes: int = 1, *, most_trades: int = 2, knows: bool = True) -> None:
        """Look at the calls of a step: each process may meet a dead token once, and nobody one known to be dead."""
        calls = self.store.calls(self.shop.handle)
        self.store.forget_calls()
        assert self.refused.isdisjoint(call["token"] for call in calls)
        refused = Counter(call["token"] for call in calls if call["status"] in {400, 401})
        assert all(count <= processes for count in refused.values())
        trades = [call["token"] for call in calls if call["grant"] == "refresh" and call["status"] == 200]
        assert len(trades) <= most_trades
        self.refused |= refused.keys() if knows else set()
        self.traded.update(trades)
        assert sum(count - 1 for count in self.traded.values()) <= self.lost


@ON_ONE_DATABASE
def test_tokens_are_traded_once_and_dead_ones_not_shown_again_whatever_happens(shop):
    explore(lambda: Tokens(shop), examples=10, steps=14)
