"""The installation of a soak: the app's real processes, killed outright and started again, and the app in one shop.

`striking` breaks it, `soak` lets it live on; this very process looks into its database and plays the timetable.
"""

import os
import random
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

import httpx
from redis import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from plugin import app, clock, queues, runs
from plugin.db import session as db
from plugin.db.models import Shop, TurnRow
from plugin.local.stack import Stack
from plugin.shop import shop_settings
from plugin.standing import segment_store
from tests.soak.databases import Database

SHOP, SHOP_ID = "soak", 1
WORKERS = {
    "worker-inbox": ("timed", "inbox", "heard"),
    "worker-tags": ("tags",),
    "worker-runs": ("runs",),
}
# At work on one of these a worker is worth killing.
STAGES = {"worker-inbox": ("drain", "heard", "notice", "review"), "worker-tags": ("sync",), "worker-runs": ("run",)}
SWEEP_EVERY = 2.0
# A small share of a minute's work each, so that there is much to be interrupted.
SETTINGS = {
    "DRAIN_BATCH_SIZE": "40",
    "LEASE_SECONDS": "5",
    "BULK_TAGS_FROM": "60",
    "LOG_LEVEL": "WARNING",
}


class Installation(Stack):
    """Everything a soak runs, in one directory."""

    def __init__(self, directory: Path, database: Database, planted: str | None, retry_base: float) -> None:
        super().__init__(directory, database_url=database.url, clock_file=True)
        port = _lasting_port()
        self.app_url = f"http://127.0.0.1:{port}"
        self.environment |= SETTINGS | {"APP_URL": self.app_url, "WEB_PORT": str(port), "SOAK_BREAK": planted or ""}
        self.environment["DEV_STORE_RETRY_BASE"] = str(retry_base)
        self.database = database
        self._back: dict[str, float] = {}
        self._swept = 0.0
        self.fallen: list[str] = []
        """Processes that ended without having been killed."""

    # -- starting -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start everything; this process joins it."""
        self.start_redis()
        self.start_dev_store()
        self.start_one("web")
        for name in WORKERS:
            self.start_one(name)
        self.wait_for("web", f"{self.app_url}/healthz")
        os.environ |= self.environment
        app.start()

    def start_one(self, name: str) -> None:
        """Start one process of the app, without waiting for it."""
        if name == "redis":
            self.environment["REDIS_URL"] = ""
            self.start_redis()
        elif name == "web":
            self.spawn("web", "tests.soak.process", "plugin.cli", "serve")
        else:
            words = [word for queue in WORKERS[name] for word in ("--queue", queue)]
            self.spawn(name, "tests.soak.process", "plugin.cli", "worker", *words)

    def kill_for(self, name: str, seconds: float) -> bool:
        """Kill a process with its children, and start it again after a while; False if it is dead as it is."""
        if name in self._back:
            return False
        child = self._children.pop(name)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        self._back[name] = time.monotonic() + seconds
        return True

    def tend(self, *, at_once: bool = False) -> None:
        """Start again what has been dead for long enough, and sweep as the timetable would."""
        for name, at in list(self._back.items()):
            if (at_once or time.monotonic() >= at) and (name != "web" or _is_free(int(self.environment["WEB_PORT"]))):
                del self._back[name]
                self.start_one(name)
        for name in self.ended():
            # Whoever ended by itself is started again as a supervisor would; the report says so.
            self.fallen.append(name)
            self._children.pop(name)
            self._back[name] = time.monotonic() + 1
        if time.monotonic() - self._swept > SWEEP_EVERY:
            self._swept = time.monotonic()
            self.enqueue("workers.sweep.sweep", keep=10)

    @property
    def all_alive(self) -> bool:
        """Whether nothing is dead at the moment."""
        return not self._back

    # -- what the timetable and the merchant do -----------------------------------------------------------------

    def enqueue(self, job: str, keep: int = 300) -> None:
        """Put a job of the timetable into its queue; without Redis the next one will do."""
        with suppress(RedisError):
            queues.queue(queues.TIMED_QUEUE).enqueue(job, result_ttl=0, failure_ttl=60, ttl=keep)

    def open_app(self, id_token: str, seconds: float = 30) -> bool:
        """The merchant opens the app; whether the page came."""
        try:
            answer = httpx.get(f"{self.app_url}/app", params={"id_token": id_token}, timeout=seconds)
        except httpx.HTTPError:
            return False
        return answer.is_success

    def use(self, definitions: list[dict[str, object]]) -> None:
        """Save the segments; nothing they would change has to be confirmed."""
        with db.write() as session:
            shop_settings.change(session, SHOP_ID, brake_share=1.0, brake_least=shop_settings.LARGEST_LEAST)
            segment_store.save(session, SHOP_ID, definitions, clock.now())
            runs.start_refresh(session, SHOP_ID, clock.now())
        queues.wake("run", SHOP_ID)

    def token_is_dead(self) -> bool:
        """Whether the app waits for the merchant to open it."""
        try:
            with db.read() as session:
                return session.scalar(select(Shop.token_error).where(Shop.id == SHOP_ID)) is not None
        except SQLAlchemyError:
            return False

    def wait_until_at_work(self, name: str, seconds: float = 2.0) -> bool:
        """Wait until a worker is in the middle of something; whether it is."""
        deadline = time.monotonic() + seconds
        mine = (TurnRow.shop_id == SHOP_ID, TurnRow.stage.in_(STAGES[name]), TurnRow.until > clock.wall())
        while time.monotonic() < deadline:
            try:
                with db.read() as session:
                    if session.scalar(select(TurnRow.stage).where(*mine).limit(1)):
                        return True
            except SQLAlchemyError:
                pass
            time.sleep(0.005)
        return False


def _lasting_port() -> int:
    """One that stays free while the web server is dead: the machine hands out others to whoever asks for any."""
    return next(port for port in iter(lambda: random.randrange(20_000, 30_000), 0) if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
