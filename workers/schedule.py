"""The whole timetable. `regulars scheduler` runs it with RQ's CronScheduler; one is enough, two do no harm."""

from rq.cron import CronScheduler

from plugin import queues
from workers import endurance, sweep

# The job, and when it runs (cron, UTC).
TIMETABLE = ((sweep.sweep, "* * * * *"),)


def run() -> None:
    """Enqueue the timetable's jobs when they are due, until told to stop."""

    def keep_time() -> None:
        scheduler = CronScheduler(connection=queues.connection(), logging_level="WARNING")
        register(scheduler)
        scheduler.start()  # type: ignore[no-untyped-call]

    endurance.keep_at(keep_time)


def register(scheduler: CronScheduler) -> None:
    """Enter the timetable."""
    for job, cron in TIMETABLE:
        scheduler.register(job, queue_name=queues.TIMED_QUEUE, cron=cron, job_timeout=300, result_ttl=0)
