"""A whole installation on this machine: Redis, database, development store, web, workers and scheduler.

The demo, rehearsals and the browser tests start one. Keys are made up anew for each; everything listens on 127.0.0.1.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import httpx
from cryptography.fernet import Fernet

from plugin import queues
from plugin.local import embedded_redis, processes

START_SECONDS = 60
PROJECT = Path(__file__).parents[2]


class StartFailed(Exception):
    """A process of the installation did not come up; the message says which and where its log is."""


class Stack:
    """One installation in one directory. `start` what is needed; `stop` ends it in the right order."""

    def __init__(self, directory: Path, *, database_url: str | None = None, clock_file: bool = False) -> None:
        self.directory = directory.resolve()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._held = ExitStack()
        self._held.enter_context(processes.hold_directory(self.directory))
        self.app_port, self.dev_store_port = processes.free_port(), processes.free_port()
        self.app_url = f"http://127.0.0.1:{self.app_port}"
        self.dev_store_url = f"http://127.0.0.1:{self.dev_store_port}"
        self.clock_file = self.directory / "clock" if clock_file else None
        secret = secrets.token_urlsafe(32)
        self.environment = {
            "ENVIRONMENT": "development",
            "DATABASE_URL": database_url or f"sqlite:///{self.directory / 'regulars.sqlite3'}",
            "APP_URL": self.app_url,
            "WEB_PORT": str(self.app_port),
            "SHOPIFY_CLIENT_ID": secrets.token_hex(16),
            "SHOPIFY_CLIENT_SECRET": secret,
            "DEV_STORE_CLIENT_SECRET": secret,
            "TOKEN_KEYS": Fernet.generate_key().decode(),
            "SHOPIFY_URL": self.dev_store_url,
            "APP_BRIDGE_URL": f"{self.dev_store_url}/static/app-bridge.js",
            "POLARIS_URL": f"{self.dev_store_url}/static/polaris-1.js",
            "CLOCK_FILE": str(self.clock_file or ""),
            # The libraries' threads would fight over a machine that runs everything at once.
            "OPENBLAS_NUM_THREADS": "1",
        }

    def start_redis(self) -> None:
        """Start Redis, or use the one REDIS_URL names."""
        url = os.environ.get("REDIS_URL", "")
        if not url:
            self._children["redis"], url = embedded_redis.start(self.directory / "redis")
        self.environment["REDIS_URL"] = url

    def start_dev_store(self) -> None:
        """Start the development store and wait until it answers."""
        options = {
            "--port": str(self.dev_store_port),
            "--app-url": self.app_url,
            "--client-id": self.environment["SHOPIFY_CLIENT_ID"],
            "--app-file": str(PROJECT / "shopify.app.toml"),
        }
        self._spawn("dev-store", ["-m", "dev_store", *(word for option in options.items() for word in option)])
        self._wait_for("dev-store", f"{self.dev_store_url}/dev/health")

    def start_web(self) -> None:
        """Start the web server and wait until it answers."""
        self._command("web", "serve")
        self._wait_for("web", f"{self.app_url}/healthz")

    def start_workers(self) -> None:
        """Start one worker for what must be quick and one for what waits on Shopify."""
        self._command("worker-inbox", "worker", *_queue_options(["timed", "inbox", "runs"]))
        self._command("worker-tags", "worker", *_queue_options(["tags"]))

    def start_scheduler(self) -> None:
        """Start the timetable."""
        self._command("scheduler", "scheduler")

    def kill(self, name: str) -> None:
        """End one process outright, as a crash would."""
        child = self._children.pop(name)
        child.send_signal(signal.SIGKILL)
        child.wait()

    def stop(self) -> None:
        """End everything: first who makes work, then who does it, Redis last."""
        for name in ("scheduler", "worker-inbox", "worker-tags", "web", "dev-store", "redis"):
            if name in self._children:
                processes.stop(self._children.pop(name))
        self._held.close()

    def __enter__(self) -> "Stack":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _command(self, name: str, *words: str) -> None:
        self._spawn(name, ["-m", "plugin.cli", *words])

    def _spawn(self, name: str, words: list[str]) -> None:
        log = self.directory / "logs" / f"{name}.log"
        self._children[name] = processes.spawn([sys.executable, *words], log, self.environment)

    def _wait_for(self, name: str, url: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._children[name].poll() is None:
            try:
                if httpx.get(url, timeout=2).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise StartFailed(f"{name} did not start; see {self.directory / 'logs' / (name + '.log')}")


def _queue_options(names: Iterable[str]) -> list[str]:
    unknown = set(names) - set(queues.QUEUES)
    if unknown:
        raise ValueError(f"No such queues: {unknown}")
    return [word for name in names for word in ("--queue", name)]
