"""A shop's cost bucket as Shopify last described it. We ask for what fits and sleep exactly as long as needed.

Reference: https://shopify.dev/docs/api/usage/limits
"""

import time
from functools import cache
from typing import Any


@cache
def of(shop_domain: str) -> "Throttle":  # noqa: ARG001 - what the cache goes by
    """The bucket of a shop as this process knows it: what one job learned, the next begins with."""
    return Throttle()


class Throttle:
    """What is left of one shop's points, guessed between answers by the restore rate."""

    def __init__(self) -> None:
        self._available: float | None = None
        self._maximum = 0.0
        self._restore_rate = 0.0
        self._seen_at = 0.0

    def learn(self, status: dict[str, Any] | None) -> None:
        """Take over an answer's `throttleStatus`."""
        if not status:
            return
        self._available = float(status["currentlyAvailable"])
        self._maximum = float(status["maximumAvailable"])
        self._restore_rate = float(status["restoreRate"])
        self._seen_at = time.monotonic()

    def seconds_until(self, cost: float) -> float:
        """How long to wait until `cost` points are there; 0 before the first answer has told anything."""
        if self._available is None or self._restore_rate <= 0:
            return 0.0
        restored = self._available + (time.monotonic() - self._seen_at) * self._restore_rate
        missing = min(cost, self._maximum) - min(restored, self._maximum)
        return max(0.0, missing / self._restore_rate)

    def spend(self, cost: float) -> None:
        """Count `cost` points as gone until the answer says what it really was."""
        if self._available is not None:
            now = time.monotonic()
            self._available += (now - self._seen_at) * self._restore_rate
            self._available = min(self._available, self._maximum) - cost
            self._seen_at = now
