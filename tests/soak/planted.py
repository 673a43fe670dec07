"""Faults planted into the processes of a soak (`--break NAME`), to see that it finds them; and what makes it quicker.

Applied by `process` in every process of the app, nowhere else. The product knows nothing of it.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

# A call lost with its job keeps the next one away for this long, instead of a minute.
WAKE_SECONDS = 5
# Shopify is waited for this long, instead of 20 s.
ANSWER_SECONDS = 3


def apply() -> None:
    """Quicken this process, and plant what SOAK_BREAK names."""
    import httpx

    from plugin import queues
    from plugin.shopify import http

    queues.WAKE_SECONDS = WAKE_SECONDS
    client = http.client

    def quick() -> httpx.Client:
        found = client()
        found.timeout = httpx.Timeout(ANSWER_SECONDS, connect=3)
        return found

    http.client = quick  # type: ignore[assignment]
    if name := os.environ.get("SOAK_BREAK"):
        FAULTS[name]()


def lost_wake_up() -> None:
    """A job says that it is awake when it is done, not before it looks; and a call never runs out."""
    from plugin import queues
    from workers import turn

    awake, run = queues.awake, turn.run

    def run_asleep(stage: str, shop_id: int, work: Callable[[Any], bool]) -> None:
        run(stage, shop_id, work)
        awake(stage, shop_id)

    queues.WAKE_SECONDS = 86_400
    queues.awake = _nothing
    turn.run = run_asleep


def applied_before_answer() -> None:
    """A tag counts as written as soon as Shopify is asked, whatever it answers."""
    from plugin.tagging import tag_changes

    def note_written(session: Any, shop_id: int, changes: Iterable[Any]) -> None:
        tag_changes._record_written(session, shop_id, list(changes))

    tag_changes.note_unsure = note_written


def _nothing(_stage: str, _shop_id: int) -> None:
    pass


FAULTS: dict[str, Callable[[], None]] = {
    "lost-wake-up": lost_wake_up,
    "applied-before-answer": applied_before_answer,
}


def names() -> Sequence[str]:
    """What can be planted."""
    return sorted(FAULTS)
