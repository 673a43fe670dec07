"""Folds what Shopify tells us into orders, customers and packed histories. Called for batches, by drains and imports.

Folding is idempotent and order-independent: any permutation and duplication of the same messages ends in the same rows.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from plugin.db.models import Customer, Order, OrderHistory
from plugin.db.types import EPOCH
from plugin.history import answers, category_histories, customer_places, lines, merged_tags
from plugin.schemas.facts import (
    ConsentChanged,
    CustomerFacts,
    CustomersMerged,
    FiguresChanged,
    OrderChanged,
    OrderFacts,
)
from plugin.segments import columns
from plugin.segments.columns import Record
from plugin.shop import erasures, shops
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import pins, stays

Row = TypeVar("Row", Order, Customer)


class FactsRefused(Exception):
    """The message is well-formed and cannot be true of this shop; the reason is for people to read."""


class Ledger:
    """One shop's ledger for the length of a transaction, which must hold the shop (plugin.shop.shops.hold)."""

    def __init__(self, session: Session, shop_id: int) -> None:
        self._session = session
        self._shop_id = shop_id
        self._shop = shops.get(session, shop_id)
        self._settings = ShopSettings.of(self._shop.settings)
        # None: looked up, and not there yet.
        self._orders: dict[int, Order | None] = {}
        self._customers: dict[int, Customer | None] = {}
        # Erased on request: what still comes in about them is dropped.
        self._erased_customers: set[int] = set()
        self._erased_orders: set[int] = set()
        self._changed: dict[int, dict[int, Record | None]] = {}
        self._lines: dict[int, list[lines.Share]] = {}

    def load(self, order_ids: Iterable[int], customer_ids: Iterable[int]) -> None:
        """Fetch in two queries what a batch is about to touch, and remember what is not there."""
        orders = {order_id for order_id in order_ids if order_id not in self._orders}
        customers = {customer_id for customer_id in customer_ids if customer_id not in self._customers}
        self._orders |= dict.fromkeys(orders)
        self._customers |= dict.fromkeys(customers)
        with self._session.no_autoflush:
            for order in self._rows(Order, Order.order_id, orders):
                self._orders[order.order_id] = order
            for customer in self._rows(Customer, Customer.customer_id, customers):
                self._customers[customer.customer_id] = customer
        strangers = [customer_id for customer_id in customers if self._customers[customer_id] is None]
        news = [order_id for order_id in orders if self._orders[order_id] is None]
        self._erased_customers |= erasures.erased(self._session, self._shop, erasures.CUSTOMER, strangers)
        self._erased_orders |= erasures.erased(self._session, self._shop, erasures.ORDER, news)

    def apply_order(self, facts: OrderFacts, facts_version: str) -> None:
        """Take over an order's facts if they are newer than what we have."""
        if self._shop.currency and facts.currency != self._shop.currency:
            raise FactsRefused(f"The order is in {facts.currency}, the shop in {self._shop.currency}")
        if self._is_erased_order(facts.order_id) or (facts.customer_id and self._is_erased(facts.customer_id)):
            return
        order = self._order(facts.order_id)
        # Old news still tells that there is such a customer; asked first, so that the order of arrival does not matter.
        owner = self._owner(facts.customer_id) if facts.customer_id else None
        if owner is not None:
            customer_places.note(self._customer(owner), facts)
        if order.deleted_at is not None or facts_version <= order.version:
            return
        owner_before, order.customer_id = order.customer_id, owner
        order.processed_at = facts.processed_at
        order.total, order.subtotal, order.units = facts.total, facts.subtotal, facts.units
        order.financial_status, order.test = facts.financial_status, facts.test
        order.cancelled_at, order.updated_at = facts.cancelled_at, facts.updated_at
        order.version = facts_version
        if order.stale_at is not None and facts.updated_at >= order.stale_at:
            order.stale_at = None
        if facts.lines is not None and lines.are_kept(self._shop):
            # Nobody can be asked about what a guest bought.
            spend = self._settings.spend(order)
            self._lines[order.order_id] = lines.shares(facts.lines, spend) if owner is not None else []
        self._rewrite_history(order, owner_before)

    def note_order_changed(self, change: OrderChanged) -> None:
        """Remember that the order changed at an instant our facts may not have reached; the sweep fetches it anew.

        Amounts of refunds and edits are never added up here: Shopify's own current total is the one measure.
        """
        if self._is_erased_order(change.order_id):
            return
        order = self._order(change.order_id)
        known = order.updated_at is not None and order.updated_at >= change.at
        if order.deleted_at is None and not known:
            order.stale_at = max(order.stale_at or change.at, change.at)

    def delete_order(self, order_id: int, at: datetime) -> None:
        """Leave a tombstone: a late payload must not bring the order back."""
        if self._is_erased_order(order_id):
            return
        order = self._order(order_id)
        owner_before = order.customer_id
        order.deleted_at = min(order.deleted_at or at, at)
        order.customer_id = order.processed_at = order.total = order.subtotal = order.units = None
        order.financial_status = order.cancelled_at = order.updated_at = order.stale_at = None
        order.test, order.version = False, ""
        self._lines[order_id] = []
        self._rewrite_history(order, owner_before)

    def apply_customer(self, facts: CustomerFacts) -> None:
        """Take over when a customer signed up, which never changes, and what they answered."""
        if not self._is_erased(facts.customer_id):
            customer = self._customer(facts.customer_id)
            customer.signed_up_at = facts.signed_up_at
            owner = self._customer(self._owner(facts.customer_id))
            answers.fold_metafields(owner, facts.metafields, self._settings.promoter_field)

    def apply_figures(self, figures: FiguresChanged) -> None:
        """Take over Shopify's own sums if they are newer than what we have."""
        if self._shop.currency and figures.currency != self._shop.currency:
            raise FactsRefused(f"The sum is in {figures.currency}, the shop in {self._shop.currency}")
        if self._is_erased(figures.customer_id):
            return
        customer = self._customer(figures.customer_id)
        known = (customer.lifetime_at or EPOCH, customer.lifetime_orders or 0, customer.lifetime_spend or 0)
        if (figures.at, figures.orders, figures.spend) > known:
            customer.lifetime_at, customer.lifetime_orders = figures.at, figures.orders
            customer.lifetime_spend = figures.spend

    def apply_consent(self, changed: ConsentChanged) -> None:
        """Take over whether a customer may be sent marketing; the newest word counts."""
        if self._is_erased(changed.customer_id):
            return
        customer = self._customer(changed.customer_id)
        if (changed.at or EPOCH, changed.consent) > (customer.consent_at or EPOCH, customer.consent or ""):
            customer.consent, customer.consent_at = changed.consent, changed.at

    def note_tags(self, customer_id: int, tags: int) -> None:
        """Which of our segments' tags the store shows on a customer: those that we did not write are not ours.

        Only said of a shop whose tags nobody writes meanwhile: before its first import and after it came back.
        """
        if not self._is_erased(customer_id):
            customer = self._customer(customer_id)
            ours = customer.applied_tags | customer.unsure_tags
            customer.foreign_tags, customer.applied_tags, customer.unsure_tags = tags & ~ours, tags & ours, 0

    def delete_customer(self, customer_id: int, at: datetime) -> None:
        """Leave a tombstone: there is nobody left to tag. What they carried is kept, for a merge may have moved it."""
        if self._is_erased(customer_id):
            return
        customer = self._customer(customer_id)
        customer.deleted_at = min(customer.deleted_at or at, at)
        customer.wanted_tags, customer.next_review_at, customer.mirrored = 0, None, 0

    def merge_customers(self, merge: CustomersMerged) -> None:
        """The orders and tags of one customer become another's, as Shopify does it; the old id stays as an alias."""
        if not merge.completed or self._is_erased(merge.kept_id) or self._is_erased(merge.deleted_id):
            return
        gone = self._customer(merge.deleted_id)
        kept_id = self._owner(merge.kept_id)
        if kept_id == gone.customer_id:
            raise FactsRefused(f"Customers {merge.kept_id} and {merge.deleted_id} would be merged in a circle")
        if gone.merged_into is not None:
            return
        kept = self._customer(kept_id)
        gone.merged_into = merge.kept_id
        customer_places.hand_over(gone, kept)
        gone.shopify_rfm, gone.mirrored = None, 0  # Shopify says of the kept one which group and segments they are in
        merged_tags.hand_over(self._session, gone, kept, merge.at)
        _forget_tags(gone)
        answers.hand_over(gone, kept)
        self._session.flush()
        pins.hand_over(self._session, self._shop_id, gone.customer_id, kept_id)
        stays.forget(self._session, self._shop_id, gone.customer_id)
        theirs = select(Order).where(Order.shop_id == self._shop_id, Order.customer_id == gone.customer_id)
        for order in self._session.scalars(theirs).all():
            order.customer_id = kept_id
            self._rewrite_history(order, gone.customer_id)

    def save(self) -> set[int]:
        """Write everything; returns the customers whose standing may have changed."""
        self._session.flush()
        lines.replace(self._session, self._shop_id, self._lines)
        self._save_histories()
        category_histories.fold(self._session, self._shop_id, self._changed)
        return {customer_id for customer_id, row in self._customers.items() if row is not None} | set(self._changed)

    def _is_erased(self, customer_id: int) -> bool:
        self.load((), [customer_id])
        return customer_id in self._erased_customers

    def _is_erased_order(self, order_id: int) -> bool:
        self.load([order_id], ())
        return order_id in self._erased_orders

    def _rewrite_history(self, order: Order, owner_before: int | None) -> None:
        if owner_before is not None and owner_before != order.customer_id:
            self._changed.setdefault(owner_before, {})[order.order_id] = None
        if order.customer_id is not None:
            self._customer(order.customer_id)
            self._changed.setdefault(order.customer_id, {})[order.order_id] = self._settings.record(order)

    def _save_histories(self) -> None:
        mine = (OrderHistory.shop_id == self._shop_id, OrderHistory.customer_id.in_(self._changed))
        stored = {row.customer_id: row for row in self._session.scalars(select(OrderHistory).where(*mine))}
        emptied = []
        for customer_id, changed in self._changed.items():
            row = stored.get(customer_id)
            history = columns.merge(row.history if row else b"", changed)
            # To a first import even an empty one says that the customer was folded into meanwhile (history.histories).
            stays = history or self._shop.imported_at is None
            if row and stays:
                row.history = history
            elif stays:
                self._session.add(OrderHistory(shop_id=self._shop_id, customer_id=customer_id, history=history))
            elif row:
                emptied.append(customer_id)
        gone = (OrderHistory.shop_id == self._shop_id, OrderHistory.customer_id.in_(emptied))
        self._session.execute(delete(OrderHistory).where(*gone))
        self._session.flush()

    def _owner(self, customer_id: int) -> int:
        """Whom a customer's orders belong to today: the end of a chain of merges."""
        customer = self._customer(customer_id)
        while customer.merged_into is not None:
            customer = self._customer(customer.merged_into)
        return customer.customer_id

    def _order(self, order_id: int) -> Order:
        self.load([order_id], ())
        order = self._orders[order_id]
        if order is None:
            order = self._orders[order_id] = Order(shop_id=self._shop_id, order_id=order_id, test=False, version="")
            self._session.add(order)
        return order

    def _customer(self, customer_id: int) -> Customer:
        self.load((), [customer_id])
        customer = self._customers[customer_id]
        if customer is None:
            new = Customer(shop_id=self._shop_id, customer_id=customer_id, mirrored=0)
            customer = self._customers[customer_id] = new
            _forget_tags(customer)
            self._session.add(customer)
        return customer

    def _rows(self, table: type[Row], key: InstrumentedAttribute[int], wanted: set[int]) -> Iterable[Row]:
        if not wanted:
            return ()
        return self._session.scalars(select(table).where(table.shop_id == self._shop_id, key.in_(wanted)))


def _forget_tags(customer: Customer) -> None:
    customer.wanted_tags = customer.applied_tags = customer.unsure_tags = customer.foreign_tags = 0
    customer.declined_tags = customer.bulk_tags = 0
    customer.next_review_at = customer.sync_after = None
    customer.sync_error = None
