"""The short form of `make load`: more deliveries than anybody folds, while nobody does; then all are worked off."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from plugin import clock
from plugin.db import session as db
from plugin.db.models import PENDING_EVENT, InboxEvent, TurnRow
from plugin.local.stack import Stack
from tests.integration.test_killed import sweep_late, wait_until
from tests.load.playing import INBOX_WORKER, Load
from tests.support import looking

STEADY, BURST = 60, 240


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with Stack(tmp_path) as made:
        made.environment["DRAIN_BATCH_SIZE"] = "50"
        made.start_redis()
        made.start_web()
        looking.into(made, monkeypatch)
        yield made


def begun(shop_id: int) -> tuple[list[str], list[TurnRow]]:
    """Deliveries that somebody has in hand, and turns that are held."""
    tried = (InboxEvent.shop_id == shop_id, PENDING_EVENT, InboxEvent.attempts > 0)
    held = (TurnRow.shop_id == shop_id, TurnRow.until > clock.wall())
    with db.read() as session:
        events = list(session.scalars(select(InboxEvent.webhook_id).where(*tried)))
        return events, list(session.scalars(select(TurnRow).where(*held)))


def test_what_came_while_the_workers_were_stopped_is_worked_off_and_nothing_lost(stack):
    load = Load(stack, clients=4)
    stack.spawn("worker-inbox", *INBOX_WORKER)
    steady = load.send("steady", STEADY, rate=100)
    wait_until(lambda: not load.waiting(), seconds=120)
    assert stack.end("worker-inbox") == 0
    burst = load.send("burst", BURST, rate=1_000)
    assert (len(steady.took), len(burst.took), burst.waiting) == (STEADY, BURST, BURST)
    assert burst.empty
    assert burst.web_mb > 0
    stack.spawn("worker-inbox", *INBOX_WORKER)
    wait_until(lambda: load.waiting() < BURST, seconds=120)
    # Told to end while it works, it finishes or gives back what it has in hand.
    assert stack.end("worker-inbox") == 0
    assert begun(load.shop_id) == ([], [])
    stack.spawn("worker-inbox", *INBOX_WORKER)
    load.send("during the backlog", STEADY, rate=100)
    sweep_late()
    wait_until(lambda: not load.waiting(), seconds=120)
    assert (load.orders(), load.set_aside()) == (STEADY + BURST + STEADY, 0)
