"""Runs RQ's worker over our queues. Not forking: the connections to Shopify and the database outlive a job."""

import signal
import time
from collections.abc import Sequence

import structlog
from redis import RedisError
from rq import SimpleWorker

from plugin import queues

log = structlog.get_logger()

REDIS_AGAIN_SECONDS = 1


def serve(queue_names: Sequence[str], *, burst: bool = False) -> None:
    """Do the jobs of these queues (all if none is named), in this order, until told to stop or nothing is left."""
    chosen = [queues.queue(name) for name in queue_names or queues.QUEUES]
    while True:
        try:
            SimpleWorker(chosen, connection=queues.connection()).work(burst=burst, logging_level="WARNING")
        except RedisError as error:
            log.warning("redis_unavailable", reason=type(error).__name__)
            _listen_to_signals_again()
            time.sleep(REDIS_AGAIN_SECONDS)
        else:
            return


def _listen_to_signals_again() -> None:
    # RQ's handlers would tell a worker that is no more; with nothing at work, ending at once is right.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
