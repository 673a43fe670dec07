"""Runs RQ's worker over our queues. Not forking: the connections to Shopify and the database outlive a job."""

from collections.abc import Sequence

from redis import RedisError

from plugin import queues
from workers import endurance
from workers.watched import Worker


def serve(queue_names: Sequence[str], *, burst: bool = False) -> bool:
    """Do the jobs of these queues (all if none is named), in this order, until told to stop; a burst ends by itself.

    Returns whether it was told to stop.
    """
    chosen = [queues.queue(name) for name in queue_names or queues.QUEUES]
    told = False

    def work() -> bool:
        nonlocal told
        worker = Worker(chosen, connection=queues.connection())
        try:
            worker.work(burst=burst, logging_level="WARNING")
        except RedisError:
            # Away while the worker takes its leave: nobody who was told to stop begins anew.
            if worker._shutdown_requested_date is None:
                raise
        # RQ's loop also ends on errors it keeps to itself.
        told = worker._shutdown_requested_date is not None
        return told or burst

    endurance.keep_at(work)
    return told
