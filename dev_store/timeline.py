"""Plays a history into a shop: what is past at once and in silence, what is to come event by event with its webhooks.

The control API calls it. Events are placed in the order they happened; their webhooks go out a few at a time.
"""

import heapq
import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from dev_store import commerce, customers, history, products
from dev_store.customers import Announce, NotPossible
from dev_store.history import Event, History, Placed, Refunded, SignedUp
from dev_store.state import Shop
from dev_store.store import DevStore

# Enough to keep every delivery thread busy, few enough to keep their bodies out of memory.
_MOST_UNFINISHED = 500


@dataclass(slots=True)
class Timeline:
    """What is still to come in each shop, oldest first."""

    store: DevStore
    _playing: threading.RLock = field(default_factory=threading.RLock)
    _upcoming: dict[str, list[Event]] = field(default_factory=dict)  # newest first: the next is at the end

    def load(
        self, shop: Shop, directory: Path, known_until: datetime | None, shift_to_end: datetime | None
    ) -> dict[str, Any]:
        """Read a history into a shop: events before `known_until` have happened, later ones are upcoming."""
        read = history.read(directory, shift_to_end)
        with self._playing:
            return self._loaded(shop, directory.name, read, known_until)

    def advance(self, to: datetime, *, deliver: bool = True) -> dict[str, Any]:
        """Let everything before `to` happen at its own instant, wait for its webhooks, then set the clock to `to`."""
        with self._playing:
            return self._advanced(to, deliver=deliver)

    def place_upcoming(self, shop: Shop, count: int) -> dict[str, Any]:
        """Let the next `count` upcoming events of a shop happen now instead of at their own instants."""
        with self._playing:
            upcoming = self._upcoming.get(shop.handle, [])
            placed = min(count, len(upcoming))
            for _ in range(placed):
                self._place(shop, upcoming.pop(), self.store.now(), deliver=True)
            return {"events": placed, "upcoming": len(upcoming)}

    def _loaded(self, shop: Shop, name: str, read: History, known_until: datetime | None) -> dict[str, Any]:
        if shop.currency != read.currency and shop.orders:
            raise NotPossible(f"{shop.handle} sells in {shop.currency}, the history is in {read.currency}")
        past = [event for event in read.events if known_until is None or event.at < known_until]
        self._begin(f"loading {name}", len(past))
        with shop.lock:
            shop.currency = read.currency
            for number, described in read.products.items():
                products.put(shop, number, described, read.events[0].at, _silence)
            for event in past:
                _happen(shop, event, event.at, _silence)
                self.store.progress.done += 1
        upcoming = read.events[len(past) :] + self._upcoming.get(shop.handle, [])
        # Turned round, not sorted downwards: that would leave events of one instant as they were, first things last.
        self._upcoming[shop.handle] = sorted(upcoming, key=lambda event: event.at)[::-1]
        return {
            "orders": read.orders,
            "guest_orders": read.guest_orders,
            "refunds": read.refunds,
            "unmatched_refund_lines": read.unmatched_refund_lines,
            "unmatched_refund_amount": read.unmatched_amount,
            "currency": read.currency,
            "shift_seconds": read.shift.total_seconds(),
            "first_at": read.events[0].at.isoformat(),
            "last_at": read.events[-1].at.isoformat(),
            "known": len(past),
            "upcoming": len(read.events) - len(past),
        }

    def _advanced(self, to: datetime, *, deliver: bool) -> dict[str, Any]:
        due = [(shop, self._due(shop, to)) for shop in self.store.shops()]
        total = sum(len(events) for _, events in due)
        self._begin(f"advancing to {to.isoformat()}", total)
        streams = [[(event.at, number, shop, event) for event in events] for number, (shop, events) in enumerate(due)]
        for at, _, shop, event in heapq.merge(*streams, key=lambda item: item[:2]):
            self._place(shop, event, at, deliver=deliver)
        self.store.deliveries.wait()
        if self.store.settings.clock_file:
            self.store.set_clock(to.isoformat())
        return {"events": total, "upcoming": sum(map(len, self._upcoming.values()))}

    def _due(self, shop: Shop, to: datetime) -> list[Event]:
        upcoming = self._upcoming.get(shop.handle, [])
        due = []
        while upcoming and upcoming[-1].at < to:
            due.append(upcoming.pop())
        return due

    def _place(self, shop: Shop, event: Event, at: datetime, *, deliver: bool) -> None:
        self.store.deliveries.wait(most=_MOST_UNFINISHED)
        with self.store.acting(shop, at) as (_, announce):
            _happen(shop, event, at, announce if deliver else _silence)
        self.store.progress.done += 1

    def _begin(self, task: str, total: int) -> None:
        progress = self.store.progress
        progress.task, progress.done, progress.total = task, 0, total


def _happen(shop: Shop, event: Event, at: datetime, announce: Announce) -> None:
    match event:
        case Placed():
            commerce.place_order(shop, event.order, at, announce)
        case Refunded():
            # The order may have been deleted or called off meanwhile: then nothing is left to give back.
            order = shop.orders.get(event.order_id)
            if order and not order.cancelled_at:
                commerce.refund_order(shop, order, event.returned, at, announce)
        case SignedUp():
            if event.customer_id not in shop.customers:
                customers.create(shop, at, announce, event.customer_id)


def _silence(*_: Any) -> None:
    return None
