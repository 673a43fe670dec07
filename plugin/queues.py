"""RQ's queues and the wake-up calls that fill them. Redis carries nothing that the database does not know as well."""

from collections import Counter
from dataclasses import dataclass
from functools import cache

import structlog
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, Worker
from rq.registry import FailedJobRegistry

from plugin import config

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Stage:
    """A kind of work for one shop: its queue, the job that does it, and how long that may take.

    With `rest_seconds`, what comes in calls a job no more often than that, so that a job finds many things to do.
    """

    queue: str
    job: str
    timeout_seconds: int
    rest_seconds: int = 0


# Workers serve the queues in this order. Jobs are named by path: the plugin never imports the workers.
STAGES = {
    "notice": Stage("inbox", "workers.heed_notices.heed_notices", 300),
    "drain": Stage("inbox", "workers.drain_inbox.drain_inbox", 120),
    "heard": Stage("heard", "workers.hear_tags.hear_tags", 120, rest_seconds=5),
    "review": Stage("inbox", "workers.review_due.review_due", 300),
    "refetch": Stage("runs", "workers.refetch_orders.refetch_orders", 300),
    "products": Stage("runs", "workers.fetch_products.fetch_products", 300),
    "sync": Stage("tags", "workers.sync_tags.sync_tags", 600),
    "keep": Stage("runs", "workers.keep_tokens.keep_token", 120),
    "prune": Stage("runs", "workers.prune.prune_shop", 120),
    "warn": Stage("runs", "workers.send_warnings.send_warnings", 300),
    "days": Stage("runs", "workers.count_days.count_shop", 300),
    "run": Stage("runs", "workers.work_on_runs.work_on_runs", 3600),
}
TIMED_QUEUE = "timed"
QUEUES = (TIMED_QUEUE, *dict.fromkeys(stage.queue for stage in STAGES.values()))

# A wake-up call that was lost with its job keeps the next one away for no longer than this.
WAKE_SECONDS = 60


@cache
def connection() -> Redis:
    """The process's Redis. Gives up quickly: a webhook must be answered even when Redis is not there."""
    return Redis.from_url(
        config.current().redis_url, socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), 0)
    )


def queue(name: str) -> Queue:
    """An RQ queue."""
    return Queue(name, connection=connection())


def workers() -> Counter[str]:
    """How many workers serve each queue. RQ forgets one that was killed after some minutes."""
    return Counter(name for worker in Worker.all(connection=connection()) for name in worker.queue_names())


def set_aside(name: str) -> int:
    """How many jobs of a queue ended in an error in the last day."""
    return FailedJobRegistry(name, connection=connection()).count


def wake(stage: str, shop_id: int) -> None:
    """Make sure that a job of this stage is coming for the shop; call it after the commit it is about.

    While one is waiting, further calls do nothing. Without Redis nothing happens here: the minute sweep finds the work.
    """
    try:
        if connection().set(_key(stage, shop_id), 1, nx=True, ex=WAKE_SECONDS):
            todo = STAGES[stage]
            queue(todo.queue).enqueue(
                todo.job, shop_id, job_timeout=todo.timeout_seconds, result_ttl=0, failure_ttl=86_400
            )
    except RedisError as error:
        log.warning("wake_up_lost", stage=stage, shop_id=shop_id, reason=type(error).__name__)


def call(stage: str, shop_id: int) -> None:
    """Wake a stage because something came in. One that rests is woken by the first thing that comes after its rest.

    What comes last waits for the minute sweep.
    """
    rest = STAGES[stage].rest_seconds
    try:
        if rest and not connection().set(f"rest:{stage}:{shop_id}", 1, nx=True, ex=rest):
            return
    except RedisError:
        pass  # wake says so
    wake(stage, shop_id)


def awake(stage: str, shop_id: int) -> None:
    """Said by a job before it looks for work: what comes from now on needs a call of its own."""
    connection().delete(_key(stage, shop_id))


def _key(stage: str, shop_id: int) -> str:
    return f"wake:{stage}:{shop_id}"
