"""Windows as they are written, and the days before a date in the shop's own calendar, whatever the clocks do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from plugin.segments import windows
from plugin.segments.windows import LIFETIME, Window


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("written", "window"),
    [("lifetime", LIFETIME), (90, Window(90)), ({"days": 14, "before": "12-24"}, Window(14, (12, 24)))],
)
def test_a_window_comes_back_as_it_went_in(written, window):
    assert windows.parse(written) == window
    assert windows.written(window) == written


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"days": 14}, "must have days and before"),
        ({"days": 14, "before": "12-24", "year": 2024}, "must have days and before"),
        ({"days": 0, "before": "12-24"}, "must be at least 1 day"),
        ({"days": 14, "before": "24 December"}, "must name a date as month and day"),
        ({"days": 14, "before": "02-30"}, "02-30 is not a date"),
        ({"days": 14, "before": 1224}, "must name a date as month and day"),
    ],
)
def test_a_window_that_is_none_is_refused_in_words(written, message):
    with pytest.raises(ValueError, match=message):
        windows.parse(written)


@pytest.mark.parametrize(
    ("zone", "before", "now", "begins", "ends", "next_ends"),
    [
        # The date itself has begun: its days are over. A second before, last year's are the last ones.
        ("UTC", (12, 24), (2024, 12, 24), (2024, 12, 10), (2024, 12, 24), (2025, 12, 24)),
        ("UTC", (12, 24), (2024, 12, 23, 23, 59, 59), (2023, 12, 10), (2023, 12, 24), (2024, 12, 24)),
        # Midnight in the shop's town; in Auckland a day is over while London has its morning.
        ("Pacific/Auckland", (12, 24), (2024, 12, 23, 11), (2024, 12, 9, 11), (2024, 12, 23, 11), (2025, 12, 23, 11)),
        # Clocks were put forward within these days: they are an hour short.
        ("America/New_York", (3, 15), (2024, 6, 1), (2024, 3, 1, 5), (2024, 3, 15, 4), (2025, 3, 15, 4)),
        # In Havana the clocks jump over this very midnight.
        ("America/Havana", (3, 10), (2024, 6, 1), (2024, 2, 25, 5), (2024, 3, 10, 5), (2025, 3, 10, 4)),
        # 29 February is the day after the 28th in years that have none.
        ("UTC", (2, 29), (2024, 3, 5), (2024, 2, 15), (2024, 2, 29), (2025, 3, 1)),
        ("UTC", (2, 29), (2025, 2, 28, 23), (2024, 2, 15), (2024, 2, 29), (2025, 3, 1)),
    ],
)
def test_the_days_before_a_date_are_days_of_the_shops_calendar(zone, before, now, begins, ends, next_ends):
    found = windows.turn(Window(14, before), utc(*now), ZoneInfo(zone))
    assert (found.begins, found.ends, found.next_ends) == (utc(*begins), utc(*ends), utc(*next_ends))


def test_turns_follow_each_other_without_end():
    window, now = Window(7, (10, 27)), utc(2023, 10, 27)
    for _ in range(20):
        found = windows.turn(window, now, ZoneInfo("Europe/Berlin"))
        assert found.begins < found.ends <= now < found.next_ends
        assert found.next_ends - found.ends < timedelta(days=367).total_seconds()
        now = found.next_ends
