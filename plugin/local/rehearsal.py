"""`regulars rehearse`: a store's whole history through the real app, step by step, on a clock that is set.

The counts in the report come from the tags in the store, so they hold every part in between to account.
"""

import csv
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from dev_store.client import DevStoreClient
from plugin import app, clock, queues, work_left
from plugin.db import session as db
from plugin.local.demo import open_app
from plugin.local.stack import Stack
from plugin.segments import presets, segment_file
from plugin.segments.rules import InvalidDefinition
from plugin.shop import shop_settings, shops
from plugin.standing import segment_store

HANDLE = "rehearsal"
COLUMNS = ("as_of", "segment", "customers", "entered", "left")

# A step that is not quiet by then never will be.
PATIENCE_SECONDS = 1800


class RehearsalFailed(Exception):
    """The rehearsal cannot go on; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report: who carries a segment's tag at an instant, and who came and went since the last one."""

    as_of: datetime
    segment: str
    customers: int
    entered: int
    left: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What to rehearse: a history, the segments, and from the start of one day to the end of another."""

    data: Path
    definitions: list[dict[str, Any]]
    start: datetime
    end: datetime
    step: timedelta

    def instants(self) -> Iterator[datetime]:
        """The end of each step; the last one ends with the rehearsal."""
        instant = self.start
        while instant < self.end:
            instant = min(instant + self.step, self.end)
            yield instant


def read_definitions(path: Path | None) -> list[dict[str, Any]]:
    """A YAML or JSON list of segments, or the defaults."""
    if path is None:
        return presets.DEFAULTS
    try:
        return segment_file.read(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise RehearsalFailed(f"{path}: {error}") from error
    except segment_file.UnreadableFile as error:
        raise RehearsalFailed(f"{path} {error} (docs/segments.md)") from error


def rehearse(rehearsal: Rehearsal, directory: Path) -> Iterator[Row]:
    """Run it in an empty `directory`; yields the report's rows as each step ends.

    1. Load the history before the start and install the app. 2. Save the segments in place of those an installation
    brings, which are off. 3. For each step: deliver the step's webhooks, set the clock to its end, sweep, and do every
    job until all is quiet. 4. Count the tags in the store.
    """
    with Stack(directory, clock_file=True) as stack:
        if stack.clock_file is None:
            raise RehearsalFailed("A rehearsal needs a clock of its own")
        clock.write(stack.clock_file, rehearsal.start.isoformat())
        stack.start_redis()
        stack.start_dev_store()
        stack.start_web()
        _become_worker(stack)
        store = DevStoreClient(stack.dev_store_url)
        store.create_shop(HANDLE, plan="rehearsal")
        store.load(HANDLE, rehearsal.data, known_until=rehearsal.start)
        open_app(f"{stack.dev_store_url}/store/{HANDLE}/apps/regulars")
        shop_id = _use_segments(rehearsal.definitions)
        _work_until_quiet(shop_id)
        tags = [definition["tag"] for definition in rehearsal.definitions]
        before = _members(store, tags)
        for instant in rehearsal.instants():
            store.advance(instant)
            _work_until_quiet(shop_id)
            now = _members(store, tags)
            for tag in tags:
                yield Row(instant, tag, len(now[tag]), len(now[tag] - before[tag]), len(before[tag] - now[tag]))
            before = now


def write_report(rows: Iterator[Row], path: Path) -> Iterator[Row]:
    """Write the rows to a CSV file as they come, and pass them on."""
    with path.open("w", newline="", buffering=1) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            as_of = row.as_of.strftime("%Y-%m-%dT%H:%M:%SZ")
            writer.writerow([as_of, row.segment, row.customers, row.entered, row.left])
            yield row


def start_of_day(day: date) -> datetime:
    """Midnight in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _become_worker(stack: Stack) -> None:
    """This process does the jobs itself, so that it knows when there is nothing left to do."""
    os.environ |= stack.environment | {"LOG_LEVEL": "WARNING"}
    app.start()
    logging.getLogger("rq").setLevel(logging.WARNING)


def _use_segments(definitions: list[dict[str, Any]]) -> int:
    with db.write() as session:
        (shop,) = shops.installed(session)
        try:
            segment_store.save(session, shop.id, definitions, clock.now())
            # Nobody is there to confirm what changes many customers' tags.
            shop_settings.change(session, shop.id, brake_share=1.0)
        except InvalidDefinition as error:
            raise RehearsalFailed(f"These segments cannot be: {error}") from error
        return shop.id


def _work_until_quiet(shop_id: int) -> None:
    from workers import serve, sweep

    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        sweep.sweep()
        if serve.serve(queues.QUEUES, burst=True):
            raise KeyboardInterrupt
        with db.read() as session:
            left = work_left.of(session, shop_id, clock.now())
        if not left:
            return
        if time.monotonic() > deadline:
            raise RehearsalFailed(f"Not quiet after {PATIENCE_SECONDS} s: {left}")


def _members(store: DevStoreClient, tags: list[str]) -> dict[str, set[int]]:
    found = store.tags(HANDLE)
    return {tag: set(found.get(tag, ())) for tag in tags}
