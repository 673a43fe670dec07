"""Which faults strike when, all of it drawn from the seed beforehand: a seed plants the same again."""

import random
from dataclasses import dataclass

# How many deliveries there are to one fault of a kind; at least one of each in any soak.
ONE_IN = {
    "kill worker-inbox": 1_000,
    "kill worker-tags": 1_000,
    "kill worker-runs": 2_000,
    "kill web": 1_500,
    "kill redis": 2_500,
    "flush redis": 2_000,
    "lock database": 1_000,
    "refuse connections": 4_000,
    "shopify away": 1_000,
    "fail bulk operation": 2_000,
    "revoke tokens": 5_000,
}
ON_POSTGRESQL = {"refuse connections"}
# What Shopify answers, or does, while it is away.
AWAY = ("429", "500", "502", "503", "504", "cut", "timeout", "throttled")
# Longer than the client tries again for.
AWAY_SECONDS = (4.0, 8.0)
# Always there, for so many of all calls. `after`: the work was done, its answer is lost.
BACKGROUND = (
    {"kind": "429", "rate": 0.01, "retry_after": 0.2},
    {"kind": "throttled", "rate": 0.02},
    {"kind": "502", "rate": 0.01},
    {"kind": "500", "rate": 0.01, "after": True},
    {"kind": "cut", "rate": 0.01},
    {"kind": "cut", "rate": 0.02, "after": True},
    {"kind": "timeout", "rate": 0.002, "seconds": 4.0, "after": True},
    {"kind": "503", "rate": 0.05, "target": "oauth"},
    {"kind": "cut", "rate": 0.05, "target": "oauth", "after": True},
    {"kind": "503", "rate": 0.05, "target": "files"},
    {"kind": "cut", "rate": 0.1, "target": "files", "after": True},
    {"kind": "502", "rate": 0.05, "target": "uploads"},
)
# What reconciliation finds again. Of other topics nothing is dropped: only the next import would find it.
DROPPED = ("orders/create", "orders/updated", "orders/paid", "orders/cancelled", "orders/edited", "refunds/create")
# These strike early enough that what they mend by chance is broken again after them.
NOT_LATE = {"flush redis", "kill redis", "revoke tokens"}
# And these near the end, too.
LATE = ("kill worker-inbox", "kill worker-tags", "shopify away")
LONG = 5_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that breaks once so many deliveries have arrived."""

    at: int
    kind: str
    seconds: float
    word: str = ""


def faults(seed: int, deliveries: int, database: str) -> list[Fault]:
    """The faults of a soak, in order."""
    draw = random.Random(seed)
    found = []
    for kind, one_in in ONE_IN.items():
        if kind in ON_POSTGRESQL and database != "postgresql":
            continue
        until = 0.75 if kind in NOT_LATE else 0.9
        times = range(max(int(kind not in LATE), deliveries // one_in))
        found += [_fault(draw, kind, int(deliveries * draw.uniform(0.05, until))) for _ in times]
    found += [_fault(draw, kind, int(deliveries * draw.uniform(0.91, 0.97))) for kind in LATE]
    return sorted(found, key=lambda fault: fault.at)


def background(deliveries: int) -> list[dict[str, object]]:
    """The faults that are always there; a short soak makes so few calls that more of them must fail."""
    times = 1.0 if deliveries >= LONG else 3.0
    return [{**fault, "rate": float(str(fault["rate"])) * times} for fault in BACKGROUND]


def retry_base(deliveries: int) -> float:
    """Seconds before the first of eight retries, each after twice as long. Shopify's take four hours; those of a long
    soak take nine minutes, so that none of its many outages, however slow the machine, has one given up.
    """
    return 2.0 if deliveries >= LONG else 0.5


def disorder(deliveries: int, seed: int) -> dict[str, object]:
    """What becomes of deliveries on their way. The clock leaps, so some seconds here are hours to the shop."""
    long = 12.0 if deliveries >= LONG else 3.0
    known = {"drop": 0.01, "drop_topics": DROPPED, "duplicate": 0.1, "delay": 0.1, "delay_seconds": long}
    return {**known, "reorder": 0.3, "reorder_seconds": 0.5, "seed": seed}


def _fault(draw: random.Random, kind: str, at: int) -> Fault:
    if kind == "shopify away":
        return Fault(at, kind, draw.uniform(*AWAY_SECONDS), draw.choice(AWAY))
    return Fault(at, kind, draw.uniform(0.5, 4.0))
