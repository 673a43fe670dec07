"""How long a piece of work will still take, in words. Pure; says nothing while that would be a guess."""

from plugin.segments.voice import Said

LONG_ENOUGH_SECONDS = 10
ENOUGH_DONE = 0.02
MINUTE, HOUR = 60, 3600
# From here on hours are exact enough.
MOST_MINUTES = 90


def in_words(began_with: int, done: int, total: int | None, seconds: float) -> Said:
    """`done` of `total`, `began_with` of them before; the others took so many seconds. Empty if there is no telling."""
    left = seconds_left(began_with, done, total, seconds)
    if left is None:
        return Said("")
    # Rounded up: whoever is told four minutes should not wait for five.
    minutes = -(-left // MINUTE)
    if minutes <= 1:
        about = left > MINUTE / 2
        return Said("about a minute left for this step") if about else Said("less than a minute left for this step")
    if minutes <= MOST_MINUTES:
        return Said.plural(
            "about a minute left for this step", "about {count} minutes left for this step", round(minutes)
        )
    hours = round(-(-left // HOUR))
    return Said.plural("about an hour left for this step", "about {count} hours left for this step", hours)


def seconds_left(began_with: int, done: int, total: int | None, seconds: float) -> float | None:
    """As long as the rest takes at the pace so far; None before there is one."""
    if not total or seconds < LONG_ENOUGH_SECONDS or done - began_with < ENOUGH_DONE * total:
        return None
    return max(0, total - done) * seconds / (done - began_with)
