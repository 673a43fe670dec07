"""One soak from beginning to end: start, install, play and break, mend, wait, count."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from dev_store.client import DevStoreClient
from tests.soak import databases, plan, reckoning
from tests.soak.history import History
from tests.soak.installation import SHOP, Installation
from tests.soak.reckoning import Verdict
from tests.soak.strikes import Strikes

# So many days pass while the history is played, in leaps.
DAYS = 42
# No more than so many deliveries are on their way, nor a tenth of all.
MOST_UNDER_WAY = 200
LOOK_EVERY = 5
PATIENCE_SECONDS = 300
# Only what was planted keeps a soak from becoming quiet: no need to wait for it as long.
PATIENCE_WITH_PLANTED_SECONDS = 60

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What soak is asked for."""

    seed: int
    deliveries: int
    database: str = "sqlite"
    planted: str | None = None


@dataclass
class Course:
    """How a soak went."""

    wish: Wish
    strikes: Counter[str] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)
    stats: dict[str, Any] = field(default_factory=dict)
    fallen: list[str] = field(default_factory=list)
    quiet: bool = False
    played_seconds: float = 0
    seconds: float = 0
    verdict: Verdict = field(default_factory=Verdict)

    @property
    def fine(self) -> bool:
        """Whether it ended as it should."""
        return self.quiet and self.verdict.fine


def run(wish: Wish, directory: Path, say: Say, tell: Say) -> Course:
    """Soak in an empty directory. `say` hears all the time how far it is, `tell` what is done to the app.

    1. Start everything; a store with a past installs the app. 2. Play its history, breaking things as planned. 3. End
    all faults, compare orders with Shopify, stop the clock, wait until all is quiet. 4. Count.
    """
    course, began = Course(wish), time.monotonic()
    with (
        databases.made(wish.database, directory) as database,
        Installation(directory, database, wish.planted, plan.retry_base(wish.deliveries)) as installation,
    ):
        installation.start()
        with DevStoreClient(installation.dev_store_url) as store:
            history = History(store, SHOP, wish.seed, wish.deliveries)
            _install(wish, installation, store, history, say)
            strikes = Strikes(installation, store, wish.seed, wish.deliveries, tell)
            _play(wish, installation, store, history, strikes, say)
            course.played_seconds = time.monotonic() - began
            course.stats = _mend(wish, installation, store, strikes, say, course)
            course.verdict = reckoning.judge(store, history, store.now())
            course.strikes, course.happened, course.fallen = strikes.done, history.happened, installation.fallen
    course.seconds = time.monotonic() - began
    return course


def _install(wish: Wish, installation: Installation, store: DevStoreClient, history: History, say: Say) -> None:
    store.set_clock("+0")
    store.create_shop(SHOP, plan="plus")
    history.begin(max(40, wish.deliveries // 100), store.now())
    while not installation.open_app(store.id_token(SHOP)):
        time.sleep(0.2)
    if not reckoning.wait_until_quiet(installation.tend, PATIENCE_SECONDS, say):
        raise RuntimeError(f"The app could not be installed; see {installation.directory / 'logs'}")
    installation.use(reckoning.SEGMENTS)


def _play(
    wish: Wish, installation: Installation, store: DevStoreClient, history: History, strikes: Strikes, say: Say
) -> None:
    store.disorder(**plan.disorder(wish.deliveries, wish.seed))
    strikes.begin()
    under_way = min(MOST_UNDER_WAY, wish.deliveries // 10)
    leaps, leapt, delivered, day = min(100, max(10, wish.deliveries // 200)), 0, 0, 0
    while delivered < wish.deliveries or not strikes.all_done:
        installation.tend()
        strikes.due(delivered)
        if leapt < min(leaps, delivered * leaps // wish.deliveries):
            leapt += 1
            ahead = timedelta(days=DAYS * leapt / leaps)
            store.set_clock(f"+{ahead.total_seconds():.0f}")
            if ahead.days > day:
                day = ahead.days
                installation.enqueue("workers.reconcile.reconcile_all")
        if delivered >= wish.deliveries:  # only Shopify is still away: something to give up on is enough
            history.act()
            time.sleep(0.3)
        elif store.progress()["unfinished"] < under_way:
            for _ in range(LOOK_EVERY):
                history.act()
        else:
            time.sleep(0.05)
        outcomes = store.stats()["deliveries"]
        delivered = outcomes["delivered"] - outcomes["duplicated"]
        say(f"{delivered:,} of {wish.deliveries:,} deliveries, day {DAYS * leapt / leaps:.0f}, {_short(strikes.done)}")


def _mend(
    wish: Wish, installation: Installation, store: DevStoreClient, strikes: Strikes, say: Say, course: Course
) -> dict[str, Any]:
    """End all trouble and let the app come to rest; the figures of the store."""
    strikes.end()
    stats = store.stats()
    patience = PATIENCE_WITH_PLANTED_SECONDS if wish.planted else PATIENCE_SECONDS
    deadline = time.monotonic() + patience

    def tend() -> None:
        installation.tend(at_once=True)
        strikes.open_app_if_needed()

    while not store.wait_for_deliveries(0.5) and time.monotonic() < deadline:
        tend()
        say("the last deliveries")
    # Past the patience with which the app waits for news of orders, and with which it finds none on their way.
    store.set_clock(store.now() + timedelta(hours=2))
    while not installation.all_alive or installation.token_is_dead():
        tend()
        time.sleep(0.2)
    installation.enqueue("workers.reconcile.reconcile_all")
    time.sleep(1)
    course.quiet = reckoning.wait_until_quiet(tend, patience, say)
    return stats | {"deliveries": store.stats()["deliveries"]}


def _short(done: Counter[str]) -> str:
    return f"{sum(count for kind, count in done.items() if kind.startswith('kill'))} kills, {done.total()} faults"
