"""What /metrics shows: what all processes counted, how things stand, and what the asked process needs itself.

What cannot be told at the moment is left out, and `regulars_check_ok` says why: figures that stand still would lie.
"""

from collections.abc import Iterator

import structlog
from prometheus_client import CollectorRegistry, Metric, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from plugin import clock
from plugin.db import session as db
from plugin.operations import gauges, readiness, tallies

log = structlog.get_logger()


def text() -> bytes:
    """All figures in Prometheus's own words."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(Figures())
    return generate_latest(registry)


class Figures(Collector):
    """Everything that is told, gathered anew for each who asks."""

    def collect(self) -> Iterator[Metric]:
        """One family after the other, for prometheus_client."""
        checks = readiness.look().checks
        told = GaugeMetricFamily("regulars_check_ok", "Whether what the app stands on is well", labels=["check"])
        for name, state in checks.items():
            told.add_metric([name], state == readiness.OK)
        yield told
        if checks["redis"] == readiness.OK:
            yield from _from_redis()
        if checks["tables"] == readiness.OK:
            yield from _from_database()

    def describe(self) -> list[Metric]:
        """Nothing beforehand: asking costs as much as collecting."""
        return []


def _from_redis() -> list[Metric]:
    try:
        return [*tallies.added_up(), *gauges.of_queues()]
    except RedisError as error:
        log.warning("figures_incomplete", reason=type(error).__name__)
        return []


def _from_database() -> list[Metric]:
    try:
        with db.read() as session:
            return list(gauges.of_database(session, clock.now()))
    except SQLAlchemyError as error:
        log.warning("figures_incomplete", reason=type(error).__name__)
        return []
