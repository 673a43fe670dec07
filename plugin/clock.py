"""The only reader of the time. The segment engine and the ledger never ask for it: they are told.

Outside production the development store can set the clock through a file named by CLOCK_FILE, so that every process of
one installation agrees. The file holds either an instant to stand still at (`1997-10-02T00:00:00+00:00`) or an offset
in seconds to run ahead by (`+86400`).
"""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_clock_file: Path | None = None


def configure(clock_file: Path | None) -> None:
    """Follow `clock_file` from now on, or the machine's own time if None."""
    global _clock_file  # noqa: PLW0603 - one clock a process, like the machine's own
    _clock_file = clock_file


def now() -> datetime:
    """The instant the shop lives in, UTC, with microseconds."""
    if _clock_file is None:
        return datetime.now(UTC)
    try:
        setting = _clock_file.read_text().strip()
    except FileNotFoundError:
        setting = ""
    if not setting:
        return datetime.now(UTC)
    if setting[0] in "+-":
        return datetime.now(UTC) + timedelta(seconds=float(setting))
    return datetime.fromisoformat(setting)


def wall() -> datetime:
    """The machine's own time, UTC: for leases, which are about processes and never follow the shop's clock."""
    return datetime.now(UTC)


def write(clock_file: Path, setting: str) -> None:
    """Set the clock of every process that follows `clock_file`; an empty setting is the machine's own time."""
    beside = clock_file.with_name(clock_file.name + f".{os.getpid()}.{time.monotonic_ns()}")
    beside.write_text(setting)
    beside.replace(clock_file)  # readers see the old or the new setting, never half of one
