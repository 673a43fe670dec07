"""Where members came from and went to is what a plain recount of movements says."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugin.db import session as db
from plugin.db.models import Movement, SegmentVersion
from plugin.standing import flows
from tests.support import shop as shops

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BITS = range(4)
CAUSES = ("event", "time", "event", "settings", "import", "page")


def step(rank: int, ladder: str | None) -> dict[str, Any]:
    condition = {"measure": "orders", "window": "lifetime", "comparison": "at_least", "value": rank}
    definition = {"name": f"Step {rank}", "tag": f"step-{rank}", "conditions": [condition]}
    return {**definition, "ladder": {"name": ladder, "rank": rank}} if ladder else definition


@pytest.fixture
def shop(set_clock) -> int:
    """Two steps of one ladder, one of another, and a segment on none."""
    set_clock(NOW - 90 * DAY)
    definitions = [step(1, "Stairs"), step(2, "Stairs"), step(3, "Elsewhere"), step(4, None)]
    return shops.make_shop(definitions=definitions)


def move(shop_id: int, chance: random.Random, count: int = 400) -> list[dict[str, Any]]:
    """Customers who come and go, often in two segments at once."""
    keys = {
        (chance.randint(1, 9), chance.choice(BITS), NOW - chance.randint(0, 40) * DAY): (
            chance.random() < 0.5,
            chance.choice(CAUSES),
        )
        for _ in range(count)
    }
    rows = [
        {"customer_id": customer, "bit": bit, "at": at, "entered": entered, "cause": cause}
        for (customer, bit, at), (entered, cause) in keys.items()
    ]
    with db.write() as session:
        session.add_all(Movement(shop_id=shop_id, **row) for row in rows)
    return rows


def recounted(rows: list[dict[str, Any]], bit: int, others: set[int], *, entered: bool) -> dict[int | None, int]:
    found: Counter[int | None] = Counter()
    own = [each for each in rows if each["cause"] not in ("settings", "import")]
    for each in own:
        if each["bit"] != bit or each["entered"] != entered or each["at"] < NOW - 30 * DAY:
            continue
        same = [one for one in own if (one["customer_id"], one["at"]) == (each["customer_id"], each["at"])]
        met = [one["bit"] for one in same if one["bit"] in others and one["entered"] != entered]
        found.update(met or [None])
    return dict(found)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("bit", "others"), [(0, {1}), (1, {0}), (2, set()), (3, {0, 1, 2})])
def test_flows_are_what_a_plain_recount_says(shop, seed, bit, others):
    rows = move(shop, random.Random(seed))
    with db.read() as session:
        found = flows.of(session, shop, bit, NOW - 30 * DAY)
    assert found.came_from == recounted(rows, bit, others, entered=True)
    assert found.went_to == recounted(rows, bit, others, entered=False)
    lately = [each for each in rows if each["bit"] == bit and each["at"] >= NOW - 30 * DAY]
    forced = Counter(each["entered"] for each in lately if each["cause"] in ("settings", "import"))
    own = Counter(each["entered"] for each in lately if each["cause"] not in ("settings", "import"))
    assert (found.moved_in, found.moved_out) == (forced[True], forced[False])
    assert (found.entered, found.left) == (own[True], own[False])


def test_without_movements_there_are_no_flows(shop):
    with db.read() as session:
        found = flows.of(session, shop, 0, NOW - 30 * DAY)
    assert (found.entered, found.left, found.came_from, found.went_to) == (0, 0, {}, {})


def test_another_segment_that_had_the_place_before_is_not_told_of(shop):
    move(shop, random.Random(0))
    with db.write() as session:
        last = {"version": 9, "definition": step(9, None), "saved_at": NOW - 5 * DAY}
        session.add(SegmentVersion(shop_id=shop, bit=0, **last))
    with db.read() as session:
        assert flows.of(session, shop, 0, NOW - 30 * DAY).since == NOW - 5 * DAY
