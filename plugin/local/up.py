"""`regulars up`: the app with the settings of .env on this machine, Redis included. For one machine behind a proxy."""

import os
import signal
from pathlib import Path
from threading import Event

from environs import Env

from plugin import config
from plugin.local.supervisor import Supervisor

# One second between looks: a process that ended is noticed soon, and looking costs nothing.
WATCH_SECONDS = 1


class ProcessEnded(Exception):
    """A process of the installation ended by itself; the message says which and where its log is."""


def run(directory: Path) -> None:
    """Start everything and wait for SIGTERM or Ctrl-C; if one process ends by itself, all end and it is said."""
    if Path(".env").exists():
        Env().read_env(".env", recurse=False)
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with Supervisor(directory, {"WEB_PORT": "8000", **os.environ}) as installation:
        installation.start_redis()
        os.environ["REDIS_URL"] = installation.environment["REDIS_URL"]
        settings = config.read_environment()
        installation.start_web()
        installation.start_workers()
        installation.start_scheduler()
        print(f"Regulars serves {settings.app_url} on 127.0.0.1:{settings.web_port}; logs in {directory / 'logs'}")  # noqa: T201
        while not stop.wait(WATCH_SECONDS):
            if ended := installation.ended():
                raise ProcessEnded(f"{ended[0]} ended by itself; see {installation.log(ended[0])}")
