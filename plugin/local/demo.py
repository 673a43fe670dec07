"""`regulars demo`: the whole app on real orders, from an empty directory to tags in a store, checked against a recount.

CDNOW's orders are moved so that the last day is today; those of that day arrive live, as webhooks.
"""

import html
import os
import re
import shutil
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from dev_store.client import DevStoreClient
from dev_store.recount import History
from plugin import app, clock, work_left
from plugin.db import session as db
from plugin.deliveries import inbox
from plugin.local import processes
from plugin.local.stack import Stack
from plugin.segments import presets
from plugin.shop import shops

HANDLE = "cdnow"
CDNOW = Path(__file__).parents[2] / "dev_store" / "data" / "cdnow"

# Longer than any part of the demo takes on a slow machine; without it a fault would look like patience.
PATIENCE_SECONDS = 900


class DemoFailed(Exception):
    """Something did not happen that should have; the message says what, and where the logs are."""


def run(directory: Path, *, once: bool) -> bool:
    """Run the demo in `directory`, which is emptied first; True if every count was equal.

    1. Start everything. 2. Load CDNOW's orders. 3. Open the app, as a merchant would: it installs itself and imports.
    4. Switch the segments on: only now are tags written. 5. Place today's orders. 6. Compare the tags in the store with
    a plain recount of the file. 7. Stay open, unless `once`.
    """
    _empty(directory)
    console = Console()
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    # With a clock of its own: its admin can let days pass, and tags follow within a minute.
    with Stack(directory, clock_file=True) as stack:
        console.print("[bold]Regulars[/bold]: the whole app on this machine, on 69,659 real orders\n")
        _start(stack, console)
        os.environ |= stack.environment | {"LOG_LEVEL": "ERROR"}
        app.start()
        store = DevStoreClient(stack.dev_store_url)
        loaded = _load(store)
        page = f"{stack.dev_store_url}/store/{HANDLE}/apps/regulars"
        with _bars(console) as bars:
            open_app(page)
            _watch(stack, store, bars, stop)
            _switch_on(stack, store, bars)
            _watch(stack, store, bars, stop)
            _place_live_orders(store, bars, loaded["upcoming"], stop)
            _watch(stack, store, bars, stop)
        if stop.is_set():
            return False
        equal = _compare(store, console, timedelta(seconds=loaded["shift_seconds"]))
        _say_where(console, stack.dev_store_url, page, stays=not once)
        if not once:
            stop.wait()
        console.print("Stopping.")
    return equal


def _empty(directory: Path) -> None:
    """Remove what an earlier demo left; a directory that is in use, or holds anything else, is left alone."""
    if directory.exists() and any(directory.iterdir()) and not (directory / "lock").exists():
        raise DemoFailed(f"{directory} holds something else than a demo: name another directory")
    with processes.hold_directory(directory):
        for entry in directory.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != "lock":
                entry.unlink()


def _start(stack: Stack, console: Console) -> None:
    steps: list[tuple[str, Callable[[], None]]] = [
        ("Redis", stack.start_redis),
        ("development store", stack.start_dev_store),
        ("web server and SQLite", stack.start_web),
        ("workers", stack.start_workers),
        ("scheduler", stack.start_scheduler),
    ]
    for name, start in steps:
        began = time.monotonic()
        start()
        console.print(f"  started {name} ({time.monotonic() - began:.1f} s)")


def _load(store: DevStoreClient) -> dict[str, Any]:
    # The plan with the most generous budget: at a small shop's 100 points a second, tagging 23,500 customers one by one
    # would take three quarters of an hour.
    store.create_shop(HANDLE, plan="commerce_components", currency="USD")
    now = datetime.now(UTC).replace(microsecond=0)
    return store.load(HANDLE, CDNOW, known_until=now, shift_to_end=now)


def open_app(page: str) -> None:
    """What a browser does when the merchant clicks the app: the admin's page, then the app in its frame."""
    admin = httpx.get(page, timeout=30).raise_for_status()
    frame = re.search(r'<iframe[^>]*\ssrc="([^"]+)"', admin.text)
    if frame is None:
        raise DemoFailed("The development store's admin shows no app")
    httpx.get(html.unescape(frame[1]), timeout=60).raise_for_status()


def _switch_on(stack: Stack, store: DevStoreClient, bars: Progress) -> None:
    """What the merchant does once the history is here: until then every segment is off, and the store untouched."""
    token = {"Authorization": f"Bearer {store.id_token(HANDLE)}"}
    bar = bars.add_task(f"{len(presets.DEFAULTS)} segments switched on", total=1)
    wanted = {"segments": presets.DEFAULTS}
    httpx.put(f"{stack.app_url}/app/api/segments", json=wanted, headers=token, timeout=60).raise_for_status()
    bars.advance(bar)


def _watch(stack: Stack, store: DevStoreClient, bars: Progress, stop: Event) -> None:
    """Follow the page's own status until nothing is left to do, with a bar for each kind of work."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    shown = StageBars(bars)
    with httpx.Client(base_url=stack.app_url, timeout=30) as app:
        while not stop.is_set():
            token = {"Authorization": f"Bearer {store.id_token(HANDLE)}"}
            status = app.get("/app/api/status", headers=token).raise_for_status().json()
            if status["problems"]:
                raise DemoFailed(f"{status['problems'][0]['text']} Logs: {stack.directory / 'logs'}")
            shown.show(status["progress"])
            if not status["busy"] and not _deliveries_left():
                return
            if time.monotonic() > deadline:
                raise DemoFailed(f"Not finished after {PATIENCE_SECONDS} s. Logs: {stack.directory / 'logs'}")
            time.sleep(0.5)


class StageBars:
    """A bar for each stage the page reports; a stage that is over is shown as complete."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._stage: str | None = None
        self._bar = TaskID(0)
        self._last: dict[str, Any] = {}

    def show(self, progress: dict[str, Any] | None) -> None:
        """Take over what the page says, None for nothing under way."""
        if self._stage is not None and (progress is None or progress["stage"] != self._stage):
            total = self._last["total"] or 1
            words = self._last["words"].replace(f"{self._last['done']:,} of", f"{total:,} of")
            self._bars.update(self._bar, description=words, completed=total, total=total)
            self._stage = None
        if progress is not None:
            if self._stage is None:
                self._stage, self._bar = progress["stage"], self._bars.add_task("", total=None)
            self._last = progress
            words, done, total = progress["words"], progress["done"], progress["total"]
            self._bars.update(self._bar, description=words, completed=done, total=total)


def _deliveries_left() -> bool:
    """The page does not wait for single orders; the comparison must. Echoes of tags may wait for the next sweep."""
    with db.read() as session:
        return any({*work_left.of(session, shop.id, clock.now())} - {inbox.HEARD} for shop in shops.installed(session))


def _place_live_orders(store: DevStoreClient, bars: Progress, count: int, stop: Event) -> None:
    bar = bars.add_task("Orders placed live, arriving as webhooks", total=count)
    for _ in range(count):
        if stop.is_set():
            return
        store.place_upcoming(HANDLE, 1)
        bars.advance(bar)
    store.wait_for_deliveries()


def _compare(store: DevStoreClient, console: Console, shift: timedelta) -> bool:
    recount = History(CDNOW, shift=shift).members(presets.DEFAULTS, datetime.now(UTC))
    tagged = store.tags(HANDLE)
    table = Table("Segment", "Recount of the file", "Tagged in the store", "", title="\nCustomers")
    equal = True
    for definition in presets.DEFAULTS:
        wanted, found = len(recount[definition["tag"]]), len(tagged.get(definition["tag"], []))
        equal &= wanted == found
        table.add_row(definition["name"], f"{wanted:,}", f"{found:,}", "equal" if wanted == found else "DIFFERENT")
    for column in (1, 2):
        table.columns[column].justify = "right"
    console.print(table)
    return equal


def _say_where(console: Console, url: str, page: str, *, stays: bool) -> None:
    lines = [f"\nThe merchant's page:  {page}"]
    if stays:
        lines += [
            f"Customers and tags:   {url}/store/{HANDLE}/customers (order, refund, let days pass)",
            f"Place an order:       .venv/bin/regulars dev-store --url {url} order {HANDLE}",
            "Everything is running. Ctrl-C ends it.",
        ]
    console.print("\n".join(lines), soft_wrap=True, highlight=False)


def _bars(console: Console) -> Progress:
    # Without a terminal (a log file, CI) the bars are printed once, when they are done.
    return Progress(
        TextColumn("  {task.description}"),
        BarColumn(bar_width=None if console.is_terminal else 20),
        TimeElapsedColumn(),
        console=console,
    )


def data_directory() -> Path:
    """Where the demo keeps its files: DEMO_DIRECTORY, or .data/demo below the current directory."""
    return Path(os.environ.get("DEMO_DIRECTORY", ".data/demo"))
