"""The whole timetable. `regulars scheduler` runs it with RQ's CronScheduler; one is enough, two do no harm."""

from collections.abc import Callable

from rq.cron import CronScheduler

from plugin import queues
from workers import (
    compare_tags,
    count_days,
    endurance,
    fetch_products,
    keep_tokens,
    look_deeper,
    mirror_segments,
    prune,
    read_metafields,
    reconcile,
    sweep,
    watch_shops,
)

# The job, and when it runs (cron, UTC).
TIMETABLE = (
    (sweep.sweep, "* * * * *"),
    (count_days.count_days, "7 * * * *"),
    (watch_shops.watch_shops, "23 * * * *"),
    (reconcile.reconcile_all, "47 3 * * *"),
    (read_metafields.read_metafields, "7 3 * * *"),
    (keep_tokens.keep_tokens, "17 4 * * *"),
    (look_deeper.look_deeper, "27 4 * * *"),
    (mirror_segments.mirror_segments, "7 2 * * *"),
    (prune.prune, "37 4 * * *"),
    (compare_tags.compare_tags, "47 1 * * 0"),
    (fetch_products.ask_again, "7 2 * * 1"),
)
# A sweep that waited for a minute is not worth doing: the next one is there. What runs once a day may wait for an hour.
WAITS_SECONDS: dict[Callable[[], object], int] = {sweep.sweep: 60}
WAITS_AT_MOST_SECONDS = 3_600
KEPT_SECONDS = 86_400


def run() -> None:
    """Enqueue the timetable's jobs when they are due, until told to stop."""

    def keep_time() -> bool:
        scheduler = CronScheduler(connection=queues.connection(), logging_level="WARNING")
        register(scheduler)
        scheduler.start()  # type: ignore[no-untyped-call]
        return True

    endurance.keep_at(keep_time)


def register(scheduler: CronScheduler) -> None:
    """Enter the timetable."""
    for job, cron in TIMETABLE:
        waits = WAITS_SECONDS.get(job, WAITS_AT_MOST_SECONDS)
        times = {"job_timeout": 300, "result_ttl": 0, "failure_ttl": KEPT_SECONDS, "ttl": waits}
        scheduler.register(job, queue_name=queues.TIMED_QUEUE, cron=cron, **times)  # type: ignore[arg-type]
