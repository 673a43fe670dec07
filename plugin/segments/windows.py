"""The stretch of time a condition looks at: the last days, everything, or the days before a date that comes every year.

Days before a date are days of the shop's calendar, from midnight to midnight; the last days are 24 hours each.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from plugin.segments import amounts, units
from plugin.segments.voice import Said

WRITTEN_LIFETIME = "lifetime"
EXAMPLE = '{days: 14, before: "12-24"}'

_MONTH_AND_DAY = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")
_LEAP_YEAR = 2024


@dataclass(frozen=True, slots=True)
class Window:
    """`days` before now, or before the most recent past date `before` (month, day); without either, everything."""

    days: int | None = None
    before: tuple[int, int] | None = None


LIFETIME = Window()


@dataclass(frozen=True, slots=True)
class Turn:
    """The days before a date, as seconds since the epoch: from, up to but not including, and the next such end."""

    begins: int
    ends: int
    next_ends: int


def parse(raw: object) -> Window:
    """The window that was written; ValueError says in plain words why it is none."""
    if raw == WRITTEN_LIFETIME:
        return LIFETIME
    if not isinstance(raw, Mapping):
        try:
            return Window(_days(raw))
        except ValueError as problem:
            said = Said(
                "{problem} (a number of days, or {lifetime})", problem=problem.args[0], lifetime=WRITTEN_LIFETIME
            )
            raise ValueError(said) from None
    if set(raw) != {"days", "before"}:
        raise ValueError(Said("must have days and before, such as {example}", example=EXAMPLE))
    return Window(_days(raw["days"]), _date(raw["before"]))


def written(window: Window) -> int | str | dict[str, Any]:
    """The form `parse` reads."""
    if window.days is None:
        return WRITTEN_LIFETIME
    if window.before is None:
        return window.days
    month, day = window.before
    return {"days": window.days, "before": f"{month:02}-{day:02}"}


def turn(window: Window, seconds: int, zone: tzinfo) -> Turn:
    """Of a window before a date: the stretch that ended last by an instant, and when the next one will have ended."""
    if window.days is None or window.before is None:
        raise ValueError("a window without a date does not turn")
    year = datetime.fromtimestamp(seconds, zone).year
    # A date of this year is the last one if it has begun, in the shop's time.
    ended = year if _midnight(window.before, year, zone) <= seconds else year - 1
    begins = _midnight(window.before, ended, zone, window.days)
    return Turn(begins, _midnight(window.before, ended, zone), _midnight(window.before, ended + 1, zone))


def _days(raw: object) -> int:
    days = amounts.parse(raw, units.DAYS, 0)
    if days == 0:
        raise ValueError(Said("must be at least 1 day"))
    return days


def _date(raw: object) -> tuple[int, int]:
    found = _MONTH_AND_DAY.fullmatch(raw) if isinstance(raw, str) else None
    if found is None:
        raise ValueError(Said('must name a date as month and day, such as before: "12-24"'))
    month, day = int(found[1]), int(found[2])
    try:
        datetime(_LEAP_YEAR, month, day, tzinfo=UTC)
    except ValueError:
        raise ValueError(Said("{written} is not a date: month and day, such as 12-24", written=raw)) from None
    return month, day


def _midnight(month_and_day: tuple[int, int], year: int, zone: tzinfo, days_before: int = 0) -> int:
    """When the date begins in a year, or a day so many days before it."""
    month, day = month_and_day
    try:
        date = datetime(year, month, day)  # noqa: DTZ001 - a date of the calendar, given its zone below
    except ValueError:
        date = datetime(year, 3, 1)  # noqa: DTZ001 - 29 February: in other years the day after the 28th
    # A midnight that the clocks jump over is the instant at which they do.
    return int((date - timedelta(days=days_before)).replace(tzinfo=zone).timestamp())
