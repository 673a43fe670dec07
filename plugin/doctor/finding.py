"""What an examination says: how it looked, and what is not as it should be."""

from dataclasses import dataclass
from datetime import timedelta

# What has waited for longer than this was found by ten sweeps and not done.
TOO_LONG = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be, and what to do about it. A note is for somebody else to mend."""

    said: str
    todo: str
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """One examination: what it is about, how that is in a few words, and what was found."""

    about: str
    said: str
    findings: tuple[Finding, ...] = ()


class CannotLook(Exception):
    """Nothing more can be examined; the message says why, `todo` what to do."""

    def __init__(self, said: str, todo: str) -> None:
        super().__init__(said)
        self.todo = todo


def in_words(waited: timedelta) -> str:
    """A length of time as a person says it: 12 min, 5 h, 3 days."""
    minutes = int(waited.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"
