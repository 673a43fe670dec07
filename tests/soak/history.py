"""What happens in the store meanwhile: people buy, return, sign up, become one, leave, and the merchant tags them.

Drawn from the seed, by cards, so that a short history has everything in it as well. Knows which tags the merchant gave.
"""

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from dev_store.client import DevStoreClient

# How often each happens among 50 things.
CARDS = {
    "buys_first": 13, "buys_again": 17, "buys_on_account": 2, "pays": 2, "returns_some": 3, "returns_all": 2,
    "cancels": 2, "deletes_order": 1, "edits": 1, "guest_buys": 1, "updates": 1, "tags": 2, "untags": 1,
    "merges": 1, "leaves": 1, "asks_to_be_forgotten": 1,
}  # fmt: skip
THEIRS = ("wholesale", "Newsletter 2026", "vip (by hand)", "tax exempt")
PRICES = ("9.99", "25.00", "60.00", "120.50", "249.99")


class History:
    """One shop's history as it goes on; `act` is the next thing to happen."""

    def __init__(self, store: DevStoreClient, shop: str, seed: int, deliveries: int) -> None:
        self.happened: Counter[str] = Counter()
        self.theirs: dict[int, set[str]] = {}
        """Customers who are there and not forgotten, with the tags the merchant gave them."""
        self.forgotten: dict[int, set[str]] = {}
        """Customers who asked to be forgotten and are still in the store."""
        self._store, self._shop = store, shop
        self._draw = random.Random(seed)
        self._deck: list[str] = []
        self._orders: dict[int, int] = {}
        self._unpaid: list[int] = []
        self._last: dict[int, int] = {}
        self._things = 0
        # Shopify tells of an erasure ten days after it was asked for at the earliest: not while there is news.
        self._quiet = max(150, deliveries // 20)

    def begin(self, customers: int, now: datetime) -> None:
        """The past before the app came."""
        for _ in range(customers):
            at = now - timedelta(hours=self._draw.uniform(1, 24 * 30))
            self._place("new", processed_at=at.isoformat())
        for customer in self._draw.choices(list(self.theirs), k=customers):
            self._place(customer)
        for customer in self._draw.sample(list(self.theirs), customers // 4):
            self.tags(customer)
        self._things = self._quiet

    def act(self) -> None:
        """Let the next thing happen."""
        if not self._deck:
            self._deck = [card for card, count in CARDS.items() for _ in range(count)]
            self._draw.shuffle(self._deck)
        card = self._deck.pop()
        self._things += 1
        customer = self._somebody()
        # What cannot be just now is left out.
        self.happened[card] += getattr(self, card)(customer) is not False

    # -- orders -------------------------------------------------------------------------------------------------

    def buys_first(self, _: int) -> None:
        self._place("new")

    def buys_again(self, customer: int) -> None:
        self._place(customer)

    def guest_buys(self, _: int) -> None:
        self._place(None)

    def buys_on_account(self, customer: int) -> None:
        self._unpaid.append(self._place(customer, financial_status="pending"))

    def pays(self, _: int) -> None:
        if self._unpaid and (order := self._unpaid.pop(0)) in self._orders:
            self._store.pay_order(self._shop, order)

    def returns_some(self, _: int) -> None:
        if order := self._an_order():
            self._store.refund_order(self._shop, order, [{"index": 0, "quantity": 0, "amount": "5.00"}])

    def returns_all(self, _: int) -> None:
        if order := self._an_order():
            self._store.refund_order(self._shop, order)
            del self._orders[order]

    def cancels(self, _: int) -> None:
        if order := self._an_order():
            self._store.cancel_order(self._shop, order)
            del self._orders[order]

    def edits(self, _: int) -> None:
        if order := self._an_order():
            self._store.edit_order(self._shop, order, added=[{"price": self._draw.choice(PRICES)}])

    def deletes_order(self, _: int) -> None:
        if order := self._an_order():
            self._store.delete_order(self._shop, order)
            del self._orders[order]

    # -- customers ----------------------------------------------------------------------------------------------

    def updates(self, customer: int) -> None:
        self._store.update_customer(self._shop, customer)

    def tags(self, customer: int) -> None:
        tag = self._draw.choice(THEIRS)
        self._store.tag_customer(self._shop, customer, add=[tag])
        self.theirs[customer].add(tag)

    def untags(self, customer: int) -> None:
        self._store.tag_customer(self._shop, customer, remove=self.theirs[customer])
        self.theirs[customer].clear()

    def merges(self, kept: int) -> None:
        gone = self._somebody(but=kept)
        self._store.merge_customers(self._shop, kept, gone)
        self.theirs[kept] |= self.theirs.pop(gone)
        self._orders |= {order: kept for order, customer in self._orders.items() if customer == gone}

    def leaves(self, customer: int) -> None:
        self._store.delete_customer(self._shop, customer, force=True)
        self._let_go(customer)

    def asks_to_be_forgotten(self, _: int) -> bool:
        quiet = [each for each in self.theirs if self._things - self._last.get(each, 0) >= self._quiet]
        if not quiet:
            return False
        customer = self._draw.choice(quiet)
        self._store.redact_customer(self._shop, customer)
        self.forgotten[customer] = self._let_go(customer)
        return True

    def _let_go(self, customer: int) -> set[str]:
        self._orders = {order: whose for order, whose in self._orders.items() if whose != customer}
        return self.theirs.pop(customer)

    def _somebody(self, but: int | None = None) -> int:
        customer = self._draw.choice([each for each in self.theirs if each != but])
        self._last[customer] = self._things
        return customer

    def _an_order(self) -> int | None:
        if not self._orders:
            return None
        order = self._draw.choice([*self._orders])
        self._last[self._orders[order]] = self._things
        return order

    def _place(self, customer: Any, **options: Any) -> int:
        lines = [{"price": self._draw.choice(PRICES), "quantity": self._draw.randint(1, 3)}]
        placed = self._store.place_order(self._shop, lines, customer, **options)
        number = int(placed["id"])
        if placed["customer"]:
            whose = int(placed["customer"]["id"])
            self.theirs.setdefault(whose, set())
            self._last[whose] = self._things
            if "financial_status" not in options:
                self._orders[number] = whose
        return number
