"""Outlives Redis: what a worker and the scheduler do while it is away is wait for it, and listen."""

import signal
import time
from collections.abc import Callable

import structlog
from redis import RedisError

log = structlog.get_logger()

AGAIN_SECONDS = 1


def keep_at(work: Callable[[], bool]) -> None:
    """Run `work` until it says that it is done; begin anew whenever it ends for want of Redis."""
    while True:
        try:
            done = work()
        except RedisError as error:
            log.warning("redis_unavailable", reason=type(error).__name__)
            _listen_to_signals_again()
            time.sleep(AGAIN_SECONDS)
        else:
            if done:
                return


def _listen_to_signals_again() -> None:
    # RQ's handlers would tell a worker that is no more; with nothing at work, ending at once is right.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
