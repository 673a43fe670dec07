"""Runs RQ's worker over our queues. Not forking: the connections to Shopify and the database outlive a job."""

from collections.abc import Sequence

from rq import SimpleWorker

from plugin import queues
from workers import endurance


def serve(queue_names: Sequence[str], *, burst: bool = False) -> None:
    """Do the jobs of these queues (all if none is named), in this order, until told to stop or nothing is left."""
    chosen = [queues.queue(name) for name in queue_names or queues.QUEUES]

    def work() -> None:
        SimpleWorker(chosen, connection=queues.connection()).work(burst=burst, logging_level="WARNING")

    endurance.keep_at(work)
