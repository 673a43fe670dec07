"""Structured logs on stderr, one JSON object a line. Never a token, a payload or anything about a person.

What a line is about is bound where it becomes known, and every line says it from then on: shop, topic and webhook id by
`about_delivery`, the shop of a page by admin_ui.auth, the job by workers.watched, its shop and stage by workers.turn.
"""

import logging
import sys
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from typing import Any

import structlog
from structlog.typing import Processor, WrappedLogger

from plugin import metrics

Line = MutableMapping[str, Any]
COUNTED = ("warning", "error", "critical")
# What a library says is text: it is the reason of this event.
LIBRARY = "library_warning"


def configure(level: str) -> None:
    """Send our own log lines and the libraries' warnings to stderr."""
    first: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=first,
        processors=[_name_library, structlog.stdlib.ProcessorFormatter.remove_processors_meta, _count, *last],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    structlog.configure(
        processors=[*first, _count, _only_from(level), *last],
        # Warnings are counted even where they are not written.
        wrapper_class=structlog.make_filtering_bound_logger(min(_number(level), logging.WARNING)),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def about_delivery(topic: str, webhook_id: str, **more: str) -> AbstractContextManager[None]:
    """While the block runs, every line says which delivery it is about."""
    return structlog.contextvars.bound_contextvars(topic=topic, webhook_id=webhook_id, **more)


def about_shop(shop_domain: str) -> None:
    """From now on until the request has ended, every line says which shop it is about."""
    structlog.contextvars.bind_contextvars(shop=shop_domain)


def about_nothing(_error: BaseException | None = None) -> None:
    """The request has ended: its thread serves somebody else next."""
    structlog.contextvars.clear_contextvars()


def _count(_logger: WrappedLogger, _method: str, line: Line) -> Line:
    """Whatever went wrong is said in the log once: that is where failures are counted."""
    if line["level"] in COUNTED:
        metrics.FAILURES.labels(line["event"], str(line.get("kind", ""))).inc()
    return line


def _name_library(_logger: WrappedLogger, _method: str, line: Line) -> Line:
    return {**line, "event": LIBRARY, "kind": line["_record"].name, "reason": line["event"]}


def _only_from(level: str) -> Processor:
    def drop(_logger: WrappedLogger, _method: str, line: Line) -> Line:
        if _number(line["level"]) < _number(level):
            raise structlog.DropEvent
        return line

    return drop


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
