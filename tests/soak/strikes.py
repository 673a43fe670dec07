"""How each planned fault is done to an installation and its store, and how often it was."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from redis import RedisError

from dev_store.client import DevStoreClient
from plugin import queues
from tests.soak import plan
from tests.soak.installation import SHOP, STAGES, Installation
from tests.soak.plan import Fault

# A merchant who is told that the app has lost its token opens it after so many seconds.
NOTICED_AFTER = 2.0
# The client calls three times before it gives up; nobody may call for as long as a worker is dead.
CALLS_UNTIL_GIVEN_UP, AWAY_AT_MOST = 4, 20.0


Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Away:
    """Shopify is away: for some time, and until somebody has given up on it."""

    word: str
    until: float
    met_before: int

    def is_over(self, met: int) -> bool:
        """Whether it is back, after so many calls in all have met this fault."""
        met_enough = met - self.met_before >= CALLS_UNTIL_GIVEN_UP
        return time.monotonic() > self.until + (0 if met_enough else AWAY_AT_MOST)


class Strikes:
    """Strikes when it is time, and ends what lasts for a while. Everything happens in the caller's thread."""

    def __init__(
        self, installation: Installation, store: DevStoreClient, seed: int, deliveries: int, tell: Tell
    ) -> None:
        self.done: Counter[str] = Counter()
        self._installation, self._store = installation, store
        self._faults = plan.faults(seed, deliveries, installation.database.kind)
        self._tell = tell
        self._background = plan.background(deliveries)
        self._away: Away | None = None
        self._dead_since: float | None = None
        self._holding: list[threading.Thread] = []

    def begin(self) -> None:
        """From now on calls fail now and then."""
        for fault in self._background:
            self._store.fault(**fault)  # type: ignore[arg-type]

    def due(self, delivered: int) -> None:
        """Strike with everything that is due after so many deliveries, and end what has lasted."""
        if self._away is not None and self._away.is_over(self._met(self._away.word)):
            self._away = None
            self._tell("shopify is back")
            self._store.clear_faults()
            self.begin()
        while self._faults and self._faults[0].at <= delivered:
            self._strike(self._faults.pop(0))
        self.open_app_if_needed()

    @property
    def all_done(self) -> bool:
        """Whether nothing is still to come, nor Shopify still away."""
        return not self._faults and self._away is None

    def open_app_if_needed(self) -> None:
        """A merchant opens the app when it has lost its token."""
        if not self._installation.token_is_dead():
            self._dead_since = None
            return
        self._dead_since = self._dead_since or time.monotonic()
        if time.monotonic() - self._dead_since > NOTICED_AFTER and self._installation.open_app(
            self._store.id_token(SHOP)
        ):
            self._note("app opened again")
            self._dead_since = None

    def end(self) -> None:
        """No more faults: what was held is let go, the dead live again."""
        for fault in self._faults:
            self._strike(fault)
        self._faults.clear()
        for thread in self._holding:
            thread.join()
        self._store.clear_faults()
        self._store.disorder()

    def _strike(self, fault: Fault) -> None:
        verb, _, name = fault.kind.partition(" ")
        if verb == "kill":
            if name in STAGES:
                self._installation.wait_until_at_work(name)
            if not self._installation.kill_for(name, fault.seconds):
                return
        elif fault.kind == "flush redis":
            with suppress(RedisError):
                queues.connection().flushall()
        elif fault.kind == "lock database":
            self._holding.append(self._installation.database.hold(fault.seconds))
        elif fault.kind == "refuse connections":
            self._holding.append(self._installation.database.refuse(fault.seconds))
        elif fault.kind == "shopify away":
            self._store.clear_faults()
            self._store.fault(fault.word, seconds=fault.seconds, retry_after=0.5)
            self._away = Away(fault.word, time.monotonic() + fault.seconds, self._met(fault.word))
        elif fault.kind == "fail bulk operation":
            self._store.fail_next_bulk(SHOP, after=3)
        elif fault.kind == "revoke tokens":
            self._store.revoke_tokens(SHOP)
        self._note(f"{fault.kind} ({fault.word})" if fault.word else fault.kind)

    def _note(self, kind: str) -> None:
        self.done[kind] += 1
        self._tell(kind)

    def _met(self, kind: str) -> int:
        return int(self._store.stats()["faults"].get(kind, 0))
