"""The processes of one installation in one directory: started with a log each, ended in the right order."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from plugin.local import embedded_redis, processes

START_SECONDS = 60
# One that is ended alone may finish what it is at.
END_SECONDS = 120

# First who makes work, then who does it, Redis last. A second process of a kind is called web.2, for example.
STOP_ORDER = ("scheduler", "worker-inbox", "worker-tags", "worker-runs", "web", "dev-store", "redis")


class StartFailed(Exception):
    """A process of the installation did not come up; the message says which and where its log is."""


class Supervisor:
    """Starts what an installation needs and stops it again. Its directory is its own while it lives."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self.directory = directory.resolve()
        self.environment = dict(environment)
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._held = processes.hold_directory(self.directory)

    def start_redis(self) -> None:
        """Start Redis, unless the environment names one."""
        if not self.environment.get("REDIS_URL"):
            self._children["redis"], self.environment["REDIS_URL"] = embedded_redis.start(self.directory / "redis")

    def start_web(self) -> None:
        """Start the web server and wait until it answers."""
        self.spawn("web", "plugin.cli", "serve")
        self.wait_for("web", f"http://127.0.0.1:{self.environment['WEB_PORT']}/healthz")

    def start_workers(self) -> None:
        """Start one worker for what must be quick, one that waits for Shopify, one for what takes long."""
        # In this order: what was heard of tags waits until nothing else is in the inbox.
        self.spawn("worker-inbox", "plugin.cli", "worker", "--queue", "timed", "--queue", "inbox", "--queue", "heard")
        self.spawn("worker-tags", "plugin.cli", "worker", "--queue", "tags")
        self.spawn("worker-runs", "plugin.cli", "worker", "--queue", "runs")

    def start_scheduler(self) -> None:
        """Start the timetable."""
        self.spawn("scheduler", "plugin.cli", "scheduler")

    def spawn(self, name: str, module: str, *words: str) -> None:
        """Start a Python module of ours as the process `name`."""
        command = [sys.executable, "-m", module, *words]
        self._children[name] = processes.spawn(command, self.log(name), self.environment)

    def wait_for(self, name: str, url: str) -> None:
        """Wait until the process answers there; StartFailed if it ends or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._children[name].poll() is None:
            try:
                if httpx.get(url, timeout=2).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise StartFailed(f"{name} did not start; see {self.log(name)}")

    def log(self, name: str) -> Path:
        """Where a process writes."""
        return self.directory / "logs" / f"{name}.log"

    def ended(self) -> list[str]:
        """Processes that ended without being told to."""
        return [name for name, child in self._children.items() if child.poll() is not None]

    def running(self) -> list[str]:
        """The processes that were started and neither ended nor killed by us."""
        return list(self._children)

    def pid(self, name: str) -> int:
        """The process itself; servers have children of theirs."""
        return self._children[name].pid

    def end(self, name: str) -> int:
        """Tell one process to end and wait until it has done so; its exit code, negative if it did not listen."""
        return processes.stop(self._children.pop(name), END_SECONDS)

    def kill(self, name: str) -> None:
        """End one process outright, as a crash would."""
        child = self._children.pop(name)
        child.send_signal(signal.SIGKILL)
        child.wait()

    def stop(self) -> None:
        """End everything, gently."""
        for kind in STOP_ORDER:
            for name in [name for name in self._children if name.partition(".")[0] == kind]:
                processes.stop(self._children.pop(name))
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
