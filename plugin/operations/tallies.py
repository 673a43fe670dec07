"""Adds up in Redis what all processes counted (plugin.metrics), so that a figure outlives who counted it.

Nobody who counts waits for Redis: a thread of each process brings its counts there every second. While Redis is away
they stay in memory. A killed process takes its last second along, and the web server's always does.
"""

import atexit
import json
import threading
from contextlib import suppress
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.samples import Sample
from redis import RedisError

from plugin import metrics, queues
from plugin.config import ConfigError

TOTALS, LATEST = "figures:totals", "figures:latest"
PUSH_SECONDS = 1.0

_pushing = threading.Lock()
_pushed: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class Change:
    """What a process has to say of one sample: more of it, or its newest value."""

    field: str
    value: float
    more: float | None


def keep() -> None:
    """Push this process's counts from now on until it ends: said once by every process that stays."""
    threading.Thread(target=_push_for_ever, name="tallies", daemon=True).start()
    atexit.register(_push_quietly)


def push() -> None:
    """Bring what was counted since the last time to Redis; RedisError leaves it for the next time."""
    with _pushing:
        changes = list(_changes())
        if not changes:
            return
        with queues.connection().pipeline() as pipeline:
            for change in changes:
                if change.more is None:
                    pipeline.hset(LATEST, change.field, str(change.value))
                else:
                    pipeline.hincrbyfloat(TOTALS, change.field, change.more)
            pipeline.execute()
        _pushed.update((change.field, change.value) for change in changes)


def added_up() -> list[Metric]:
    """Everything that is counted, by all processes together."""
    push()
    with queues.connection().pipeline() as pipeline:
        pipeline.hgetall(TOTALS)
        pipeline.hgetall(LATEST)
        totals, latest = pipeline.execute()
    stored = {field.decode(): float(value) for field, value in (totals | latest).items()}
    return [_with(family, stored) for family in metrics.COUNTED.collect()]


def _changes() -> list[Change]:
    found = []
    for family in metrics.COUNTED.collect():
        for sample in _samples(family):
            field = _field(sample)
            before = _pushed.get(field, 0.0)
            if sample.value != before:
                more = None if family.type == "gauge" else sample.value - before
                found.append(Change(field, sample.value, more))
    return found


def _with(family: Metric, stored: dict[str, float]) -> Metric:
    """The family with what is stored in place of what this process counted."""
    names = {family.name + suffix for suffix in ("", "_total", "_bucket", "_sum", "_count")}
    values = {} if family.type == "gauge" else {_field(sample): 0.0 for sample in _samples(family)}
    values |= {field: value for field, value in stored.items() if json.loads(field)[0] in names}
    whole = Metric(family.name, family.documentation, family.type)
    for field in sorted(values, key=_place):
        name, labels = json.loads(field)
        whole.add_sample(name, dict(labels), values[field])
    return whole


def _samples(family: Metric) -> list[Sample]:
    return [sample for sample in family.samples if not sample.name.endswith("_created")]


def _field(sample: Sample) -> str:
    return json.dumps([sample.name, list(sample.labels.items())])


def _place(field: str) -> tuple[list[tuple[str, str]], str, float]:
    """Samples of the same labels together, a histogram's buckets by their bounds."""
    name, labels = json.loads(field)
    others = [(label, value) for label, value in labels if label != "le"]
    return others, name, float(dict(labels).get("le", 0))


def _push_for_ever() -> None:
    while True:
        threading.Event().wait(PUSH_SECONDS)
        _push_quietly()


def _push_quietly() -> None:
    # What is missing on /metrics says so itself, and whoever needs Redis for their work logs that it is away.
    with suppress(RedisError, ConfigError):
        push()
