"""What a soak prints: a line while it runs, a table at its end."""

import sys
import time
from collections.abc import Iterator
from typing import Any

from tests.soak.reckoning import Difference
from tests.soak.soak import Course

EVERY_SECONDS = 5
MOST_SHOWN = 20


class Progress:
    """Prints how far it is, now and then, and at once what is told."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._said = 0.0

    def __call__(self, text: str) -> None:
        if time.monotonic() - self._said >= EVERY_SECONDS:
            self._said = time.monotonic()
            self.tell(text)

    def tell(self, text: str) -> None:
        """Print something at once."""
        sys.stdout.write(f"{time.monotonic() - self._began:6.0f} s  {text}\n")
        sys.stdout.flush()


def table(course: Course) -> Iterator[str]:
    """The report, line by line."""
    wish, verdict, deliveries = course.wish, course.verdict, course.stats["deliveries"]
    planted = f", broken on purpose: {wish.planted}" if wish.planted else ""
    yield f"Soak with seed {wish.seed}, {wish.deliveries:,} deliveries, {wish.database}{planted}"
    yield from _group("deliveries", {**deliveries, "accepted, each counted once": verdict.accepted})
    yield from _group("done to the app", course.strikes)
    yield from _group("answers of Shopify that failed", _failed(course.stats))
    yield from _group("happened in the store", course.happened)
    yield from _group("ended by itself", {name: course.fallen.count(name) for name in course.fallen})
    yield from _group("set aside, with a reason", verdict.aside)
    yield from _group("never taken", verdict.never_taken)
    yield from _group("stuck", verdict.stuck)
    yield f"customers {verdict.customers:,}, tags of ours on them {verdict.tags:,}"
    yield f"played {course.played_seconds:.0f} s, in all {course.seconds:.0f} s"
    yield f"differences from the oracle: {len(verdict.wrong)}"
    yield from _shown(verdict.wrong)
    yield f"customers whose other tags were touched: {len(verdict.touched)}"
    yield from _shown(verdict.touched)
    yield f"accepted deliveries unaccounted for: {len(verdict.unaccounted)} {verdict.unaccounted[:MOST_SHOWN] or ''}"
    yield f"forgotten customers known again: {len(verdict.known_again)} {verdict.known_again[:MOST_SHOWN] or ''}"
    yield "became quiet" if course.quiet else "NEVER BECAME QUIET"
    yield "FINE" if course.fine else "NOT FINE"


def show(course: Course) -> None:
    """Print it."""
    sys.stdout.write("\n".join(table(course)) + "\n")


def _failed(stats: dict[str, Any]) -> dict[str, int]:
    return stats["faults"] | {"of all requests": stats["requests"], "THROTTLED in all": stats["throttled"]}


def _group(title: str, counts: dict[str, int]) -> Iterator[str]:
    if counts:
        yield f"{title}:"
    for name, count in sorted(counts.items()):
        yield f"    {count:>8,}  {name}"


def _shown(found: list[Difference]) -> Iterator[str]:
    for each in found[:MOST_SHOWN]:
        yield f"    customer {each.customer}: missing {sorted(each.missing)}, too many {sorted(each.too_many)}"
