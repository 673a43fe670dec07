"""How far an import is, and how long it will still take: on the page, at the command line, and never as a guess."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from admin_ui import overview
from plugin import clock, runs, time_left
from plugin.cli import cli
from plugin.db import session as db
from plugin.db.models import Run
from plugin.db.types import to_microseconds
from plugin.history import listing
from plugin.shop import shops
from tests.integration.test_import import fill
from tests.support.installed import ON_ONE_DATABASE, open_app
from workers import work_on_runs


@pytest.mark.parametrize(
    ("began_with", "done", "total", "seconds", "said"),
    [
        (0, 500, 1_000, 240, "about 4 minutes left for this step"),
        (0, 500, 1_000, 181, "about 4 minutes left for this step"),
        (0, 500, 1_000, 45, "about a minute left for this step"),
        (0, 500, 1_000, 20, "less than a minute left for this step"),
        (0, 100, 10_000, 120, ""),  # one in a hundred
        (0, 500, 10_000, 1_200, "about 7 hours left for this step"),
        (900_000, 950_000, 1_000_000, 60, "about a minute left for this step"),  # those before took who knows how long
        (0, 1_100, 1_000, 60, "less than a minute left for this step"),  # more than there were at first
        (0, 500, 1_000, 9, ""),
        (0, 500, None, 240, ""),
        (500, 500, 1_000, 240, ""),
        (0, 0, 0, 240, ""),
    ],
)
def test_the_rest_takes_as_long_as_the_pace_so_far_says(began_with, done, total, seconds, said):
    assert time_left.in_words(began_with, done, total, seconds) == said


@given(done=st.integers(1, 10**7), total=st.integers(1, 10**7), seconds=st.floats(0, 10**6))
def test_who_stands_still_is_never_promised_an_earlier_end(done, total, seconds):
    now, later = (time_left.seconds_left(0, done, total, passed) for passed in (seconds, seconds + 60))
    assert now is None or (later is not None and later >= now)


@ON_ONE_DATABASE
def test_an_import_under_way_says_how_long_its_step_will_take(new_shop, monkeypatch):
    shop = new_shop()
    fill(shop)
    shop.id = open_app(shop.store, shop.handle)
    monkeypatch.setattr(listing, "BLOCK", 700)
    monkeypatch.setattr(work_on_runs, "SECONDS_A_JOB", 0)
    while shop.runs()[0].stage != "orders":
        work_on_runs.work_on_runs(shop.id)
    first = shop.runs()[0]
    assert said(shop.id) == ("", "")
    work_on_runs.work_on_runs(shop.id)
    began_a_while_ago(first)
    page, line = said(shop.id)
    assert page in {"about 2 minutes left for this step", "about 3 minutes left for this step"}
    assert line.endswith(page)
    shop.settle()
    assert said(shop.id) == ("", "")


def began_a_while_ago(first: Run) -> None:
    """As if the orders since the step was first shown had taken a minute for each two that are left."""
    with db.write() as session:
        run = session.get_one(Run, (first.shop_id, first.id))
        seconds = 120 * (run.done_count - first.done_count) / (run.total_count - run.done_count)
        at = to_microseconds(clock.wall() - timedelta(seconds=max(seconds, 11)))
        run.position = {**run.position, "pace": {**run.position["pace"], "at": at}}


def said(shop_id: int) -> tuple[str, str]:
    """What the page and the command line say of the time left."""
    with db.read() as session:
        shop = shops.get(session, shop_id)
        shown = overview.read(session, shop).progress
        domain = shop.domain
    (line,) = CliRunner().invoke(cli, ["runs", domain]).output.splitlines()
    assert runs.IMPORT in line
    return shown.time_left if shown else "", line if "left" in line else ""
