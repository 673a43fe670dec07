"""A shop's cost bucket as Shopify last described it. We ask for what fits and sleep exactly as long as needed.

Reference: https://shopify.dev/docs/api/usage/limits
"""

import time
from functools import cache
from typing import Any

# The share of a bucket that work nobody waits for leaves in it. A fifth is 400 points on the standard plan: a page, a
# look-up or the next step of an import finds them there at any moment, and as the rest is spent no faster than it comes
# back, nothing of what Shopify grants is lost.
LEFT_FOR_OTHERS = 0.2
# Far above the bucket of any plan.
MOST_POINTS = 1_000_000


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
        try:
            named = ("currentlyAvailable", "maximumAvailable", "restoreRate")
            available, maximum, restore_rate = (float((status or {})[name]) for name in named)
        except (LookupError, TypeError, ValueError, OverflowError):
            return
        # Nobody would ask again for as long as figures beyond reason say that nothing is left.
        if not (0 < maximum < MOST_POINTS and -maximum <= available < MOST_POINTS and 1 <= restore_rate < MOST_POINTS):
            return
        self._available, self._maximum, self._restore_rate = available, maximum, restore_rate
        self._seen_at = time.monotonic()

    def seconds_until(self, cost: float, leave: float = 0.0) -> float:
        """How long to wait until `cost` points are there beside the share to `leave`; 0 before the first answer."""
        if self._available is None or self._restore_rate <= 0:
            return 0.0
        restored = self._available + (time.monotonic() - self._seen_at) * self._restore_rate
        missing = min(cost + leave * self._maximum, self._maximum) - min(restored, self._maximum)
        return max(0.0, missing / self._restore_rate)

    def share_left(self) -> float | None:
        """How much of the bucket was left at the last answer; None before the first one."""
        if self._available is None or self._maximum <= 0:
            return None
        return self._available / self._maximum

    def spend(self, cost: float) -> None:
        """Count `cost` points as gone until the answer says what it really was."""
        if self._available is not None:
            now = time.monotonic()
            self._available += (now - self._seen_at) * self._restore_rate
            self._available = min(self._available, self._maximum) - cost
            self._seen_at = now
