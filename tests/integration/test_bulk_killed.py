"""A process that writes tags in bulk, killed before or after any of its calls and commits: the tags end right."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from plugin import turns
from plugin.db import session as db
from plugin.db.models import BulkTagging, BulkTaggingLine
from plugin.tagging import bulk_groups, bulk_tagging
from tests.support.installed import InstalledShop

# Counts commits, calls and answers, and ends the process at the one it is told: before it is carried out, or behind it.
WORK = """
import os, signal, sys
from sqlalchemy import event
from plugin import app
from plugin.tagging import bulk_groups, bulk_tagging
from plugin.db import session
from plugin.shopify import http
from workers import sync_tags
from datetime import timedelta
app.start()
left = int(sys.argv[1])
def step(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(session.engine(), "commit", step)
http.client().event_hooks = {"request": [step], "response": [step]}
bulk_groups.SMALLEST, bulk_groups.ROWS_AT_ONCE, bulk_tagging.LOOK_AGAIN = 3, 2, timedelta(0)
sync_tags.sync_tags(1)
"""
SEED, KILLS, STEPS = 20_261_121, 8, 40


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULK_TAGS_FROM", "4")
    monkeypatch.setattr(bulk_groups, "SMALLEST", 3)
    monkeypatch.setattr(bulk_tagging, "LOOK_AGAIN", timedelta(0))


def write_until(shop: InstalledShop, step: int) -> bool:
    """Let a process write tags until a step; whether it came so far. Its turn is not waited for."""
    ended = subprocess.run([sys.executable, "-c", WORK, str(step)], env=dict(os.environ), check=False, timeout=60)
    assert ended.returncode in (0, -signal.SIGKILL)
    with db.write() as session:
        turns.revoke_all(session, shop.id)
    return ended.returncode != 0


def test_killed_at_any_point_it_ends_right(shop):
    chance = random.Random(SEED)
    buyers, expected, killed = [], {}, []
    for _ in range(KILLS):
        new = shop.buyers(5)
        buyers += new
        shop.buy(chance.choice(buyers))
        shop.drain()
        step = chance.randrange(1, STEPS)
        killed += [step] if write_until(shop, step) else []
        time.sleep(0.05)
    shop.settle()
    for buyer in buyers:
        orders = len(shop.store.orders(shop.handle, buyer))
        expected[buyer] = ["first-time"] if orders == 1 else ["repeat"] if orders == 2 else ["frequent", "repeat"]
    assert {buyer: shop.tags(buyer) for buyer in buyers} == expected, (SEED, killed)
    assert all(c.applied_tags == c.wanted_tags and c.unsure_tags == c.bulk_tags == 0 for c in shop.customers())
    assert shop.rows(BulkTagging, BulkTagging.id) == shop.rows(BulkTaggingLine, "line") == []
    assert len(killed) >= KILLS // 2
