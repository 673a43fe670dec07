"""Faults on request: answers that fail, come late or never. `shopify_side` asks before and after it answers; the
control API sets them. Draws come from a seeded generator, so a run can be repeated.
"""

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

# What can go wrong, and how it shows: an HTTP status, or a word `shopify_side` acts on.
KINDS: Final = frozenset(
    {"402", "403", "404", "423", "429", "430", "500", "502", "503", "504", "timeout", "cut", "throttled"}
)
TARGETS: Final = frozenset({"admin", "oauth", "files", "uploads"})


class UnknownFault(ValueError):
    """Asked for a fault this store does not know."""


@dataclass(slots=True)
class Fault:
    """One standing fault: the next `remaining` calls, or each call with probability `rate`."""

    kind: str
    target: str = "admin"
    shop: str | None = None
    remaining: int | None = None
    rate: float = 1.0
    after: bool = False
    seconds: float = 30.0
    retry_after: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.target not in TARGETS:
            known = ", ".join(sorted(KINDS)), ", ".join(sorted(TARGETS))
            raise UnknownFault(f"Faults are {known[0]}, on {known[1]}")


@dataclass(slots=True)
class Faults:
    """The standing faults, drawn from in the order they were set; `met` counts, by kind, the calls that met one."""

    met: Counter[str] = field(default_factory=Counter)
    _standing: list[Fault] = field(default_factory=list)
    _random: random.Random = field(default_factory=lambda: random.Random(0))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault, seed: int | None = None) -> None:
        """Let calls fail from now on; a seed restarts the draws."""
        with self._lock:
            if seed is not None:
                self._random.seed(seed)
            self._standing.append(fault)

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._standing.clear()

    def draw(self, target: str, shop: str | None) -> Fault | None:
        """The fault this call meets, if any; counts it as met."""
        if not self._standing:
            return None
        with self._lock:
            for fault in self._standing:
                if fault.target == target and fault.shop in {None, shop} and self._random.random() < fault.rate:
                    if fault.remaining is not None:
                        fault.remaining -= 1
                    self._standing = [f for f in self._standing if f.remaining != 0]
                    self.met[f"{fault.kind} after the work" if fault.after else fault.kind] += 1
                    return fault
        return None
