"""The whole timetable. `regulars scheduler` runs it with RQ's CronScheduler; one is enough, two do no harm."""

from rq.cron import CronScheduler

from plugin import queues
from workers import endurance, sweep

# The job, and when it runs (cron, UTC).
TIMETABLE = ((sweep.sweep, "* * * * *"),)
# A sweep that waited for a minute is not worth doing: the next one is there.
WAITS_SECONDS = 60
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
        times = {"job_timeout": 300, "result_ttl": 0, "failure_ttl": KEPT_SECONDS, "ttl": WAITS_SECONDS}
        scheduler.register(job, queue_name=queues.TIMED_QUEUE, cron=cron, **times)  # type: ignore[arg-type]
