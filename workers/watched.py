"""RQ's worker with an eye on its jobs: every line a job logs says which job, every job's time and end are counted."""

import time
from contextlib import suppress
from typing import Any

import structlog
from redis import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import DeserializationError
from rq.executions import Execution
from rq.job import Job

from plugin import clock, metrics

UNREADABLE = "unreadable"

log = structlog.get_logger()


class Worker(SimpleWorker):
    """Does one job after the other in this process; workers.serve starts it."""

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Do a job; whether it ended well."""
        name = _name(job)
        began = time.monotonic()
        with structlog.contextvars.bound_contextvars(**_context(job)):
            well = bool(super().perform_job(job, queue, execution))
        metrics.JOBS.labels(name).observe(time.monotonic() - began)
        if well:
            metrics.JOB_FINISHED.labels(name).set(clock.wall().timestamp())
        else:
            metrics.JOBS_FAILED.labels(name).inc()
        return well

    def set_shutdown_requested_date(self) -> None:
        """Say in Redis that this worker ends; while Redis is away that is no reason to break off its job."""
        with suppress(RedisError):
            super().set_shutdown_requested_date()  # type: ignore[no-untyped-call] # RQ gives it none

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Say in our own words that a job broke off; RQ sets it aside."""
        log.error("job_failed", job=_name(job), reason=exc_info[0].__name__, exc_info=exc_info)


def _context(job: Job) -> dict[str, Any]:
    """What its lines say of a job. All but the timed ones are about the shop they are called with."""
    context = {"job_id": job.id, "job": _name(job)}
    try:
        return context | {"shop_id": job.args[0]} if job.args else context
    except DeserializationError:
        return context


def _name(job: Job) -> str:
    try:
        return str(job.func_name).rpartition(".")[2]
    except DeserializationError:
        return UNREADABLE
