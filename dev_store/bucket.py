"""The leaky bucket that limits an app in one shop. `admin_api` takes points from it; real time refills it."""

import threading
import time
from dataclasses import dataclass, field

# Size and points restored a second, by plan. A larger plan's size is twenty seconds' worth, like the standard one's.
PLANS = {
    "standard": (2_000, 100),
    "advanced": (4_000, 200),
    "plus": (20_000, 1_000),
    "commerce_components": (40_000, 2_000),
    "rehearsal": (100_000_000, 100_000_000),
}


@dataclass(slots=True)
class Bucket:
    """Points an app may still spend in one shop."""

    maximum: int
    restore_rate: int
    available: float
    filled_at: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of_plan(cls, plan: str) -> "Bucket":
        """A full bucket as the plan grants it."""
        maximum, restore_rate = PLANS[plan]
        return cls(maximum, restore_rate, maximum)

    def take(self, cost: int) -> bool:
        """Take `cost` points, or nothing and False if there are not as many."""
        with self.lock:
            self._refill()
            if cost > self.available:
                return False
            self.available -= cost
            return True

    def give_back(self, cost: int) -> None:
        """Return what was asked for but not used."""
        with self.lock:
            self._refill()
            self.available = min(self.maximum, self.available + cost)

    def status(self) -> dict[str, int]:
        """The `throttleStatus` of an answer."""
        with self.lock:
            self._refill()
            return {
                "maximumAvailable": self.maximum,
                "currentlyAvailable": int(self.available),
                "restoreRate": self.restore_rate,
            }

    def _refill(self) -> None:
        now = time.monotonic()
        self.available = min(self.maximum, self.available + (now - self.filled_at) * self.restore_rate)
        self.filled_at = now
