"""Child processes that end when we do: started with a log file each, stopped by SIGTERM, never by name."""

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

STOP_SECONDS = 20
PR_SET_PDEATHSIG = 1


class DirectoryInUse(Exception):
    """Another installation works in this directory."""


def spawn(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start `command` with its output appended to `log`. Call it from the main thread: the child ends with it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            # A Ctrl-C at the terminal is for us: we stop the children in their order.
            start_new_session=True,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - sets one flag
        )


def stop(child: subprocess.Popen[bytes], seconds: float = STOP_SECONDS) -> int:
    """End a child gently, with force if it does not listen; returns its exit code."""
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def hold_directory(directory: Path) -> IO[str]:
    """Take a directory for this process until the returned file is closed; DirectoryInUse if somebody has it."""
    directory.mkdir(parents=True, exist_ok=True)
    held = (directory / "lock").open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        raise DirectoryInUse(f"{directory} is in use by another process; stop that one first") from error
    return held


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end_with_parent() -> None:
    """Have this process told to end when its parent is killed outright. Linux only: elsewhere it is left behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
