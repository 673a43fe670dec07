"""The timetable: what is due is enqueued, and the worker can do it."""

from datetime import UTC, datetime, timedelta

from rq.cron import CronScheduler

from plugin import queues
from tests.support import shop as shops
from workers import schedule, serve


def test_every_job_of_the_timetable_is_enqueued_when_due_and_runs(settings):
    shops.make_shop()
    scheduler = CronScheduler(connection=queues.connection())
    schedule.register(scheduler)
    for job in scheduler.get_jobs():
        assert job.next_enqueue_time - datetime.now(UTC) <= timedelta(weeks=1)
        job.next_enqueue_time = datetime.now(UTC)
    assert len(scheduler.enqueue_jobs()) == len(schedule.TIMETABLE)
    assert queues.queue(queues.TIMED_QUEUE).count == len(schedule.TIMETABLE)
    serve.serve([queues.TIMED_QUEUE], burst=True)
    assert queues.queue(queues.TIMED_QUEUE).failed_job_registry.count == 0
