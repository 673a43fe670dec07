"""What a line of the log carries, ours or a library's; and that failures are counted even where not written."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from typing import Any

import pytest
import structlog

from plugin import logs, metrics

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def written() -> Iterator[Callable[[str], Lines]]:
    """Begins a log of a level; what it gives reads the lines."""

    def begin(level: str) -> Lines:
        text = io.StringIO()
        with redirect_stderr(text):
            logs.configure(level)
        return lambda: [json.loads(line) for line in text.getvalue().splitlines()]

    yield begin
    logs.about_nothing()
    logs.configure("ERROR")


def counted(event: str, kind: str = "") -> float:
    return metrics.FAILURES.labels(event, kind)._value.get()


def test_a_line_says_what_it_is_about_until_that_is_over(written):
    lines, log = written("INFO"), structlog.get_logger()
    logs.about_shop("demo.myshopify.com")
    with logs.about_delivery("orders/create", "id-1"):
        log.info("inside")
    log.info("outside")
    logs.about_nothing()
    log.info("afterwards")
    assert [line.keys() & {"shop", "topic", "webhook_id"} for line in lines()] == [
        {"shop", "topic", "webhook_id"},
        {"shop"},
        set(),
    ]


def test_what_a_library_says_is_a_line_like_ours(written):
    lines = written("INFO")
    logs.about_shop("demo.myshopify.com")
    before = counted("library_warning", "some.library")
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("some.library").exception("of %s\nlines", "two")
    (line,) = lines()
    assert (line["event"], line["level"], line["kind"]) == ("library_warning", "error", "some.library")
    assert (line["reason"], line["shop"]) == ("of two\nlines", "demo.myshopify.com")
    assert "ValueError: broken" in line["exception"]
    assert counted("library_warning", "some.library") == before + 1


@pytest.mark.parametrize(("level", "shown"), [("DEBUG", 4), ("INFO", 3), ("WARNING", 2), ("ERROR", 1)])
def test_a_level_leaves_out_what_is_below_it_and_counts_it_all_the_same(written, level, shown):
    before = counted("something"), counted("something", "bad")
    lines, log = written(level), structlog.get_logger()
    for say in (log.debug, log.info, log.warning):
        say("something")
    log.error("something", kind="bad")
    assert len(lines()) == shown
    assert (counted("something"), counted("something", "bad")) == (before[0] + 1, before[1] + 1)
