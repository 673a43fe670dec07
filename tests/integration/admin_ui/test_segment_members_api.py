"""A segment's customers, page by page in every order, as a file, and by name where names may be shown."""

import csv
import io
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from admin_ui import segment_members_api
from plugin.db import session as db
from plugin.db.models import Customer, OrderHistory, Segment
from plugin.segments.columns import Record, pack, seconds
from plugin.standing import column_copy, members
from tests.integration.admin_ui.asking import Merchant
from tests.support.installed import ON_ONE_DATABASE

PLACED = datetime(2026, 5, 1, 22, tzinfo=UTC)
MEMBERS = "/app/api/segments/1/members"
BIT = 2


def fill(merchant: Merchant, count: int, seed: int = 0) -> dict[int, list[tuple[int, datetime]]]:
    """Customers, two in three of them in the segment; orders of each as (spend, instant)."""
    chance, inside = random.Random(seed), {}
    rows: list[Any] = []
    for number in range(1, count + 1):
        orders = sorted(
            ((chance.randint(0, 3) * 1_050, PLACED - timedelta(days=chance.randint(0, 4))) for _ in range(number % 4)),
            key=lambda each: each[1],
        )
        packed = [Record(number * 10 + i, spend, seconds(at), 1) for i, (spend, at) in enumerate(orders)]
        member = chance.random() < 0.66
        rows.append(Customer(shop_id=merchant.shop_id, customer_id=number, wanted_tags=BIT if member else 5))
        rows.append(OrderHistory(shop_id=merchant.shop_id, customer_id=number, history=pack(packed)))
        if member:
            inside[number] = orders
    merchant.add(*rows)
    return inside


def pages(merchant: Merchant, **asked: str) -> list[dict[str, Any]]:
    found, after = [], ""
    while after is not None:
        answer = merchant.get(MEMBERS, query_string={**asked, "after": after}).get_json()
        assert len(answer["members"]) <= members.PAGE
        found += answer["members"]
        after = answer["after"]
    return found


def key(sort: str, orders: list[tuple[int, datetime]]) -> Any:
    last = max((at for _, at in orders), default=datetime(1970, 1, 1, tzinfo=UTC))
    return {"number": 0, "last_order": last, "orders": len(orders), "spend": sum(spend for spend, _ in orders)}[sort]


@pytest.mark.parametrize("sort", members.SORTS)
@pytest.mark.parametrize("order", ["up", "down"])
def test_every_member_is_on_one_page_in_the_order_asked_for(merchant: Merchant, sort: str, order: str) -> None:
    inside = fill(merchant, 300)
    found = [int(each["customer"]) for each in pages(merchant, sort=sort, order=order)]
    assert sorted(found) == sorted(inside)
    falling = order == "down"
    by_number = sorted(inside, reverse=falling and sort == "number")
    assert found == sorted(by_number, key=lambda number: key(sort, inside[number]), reverse=falling)


@ON_ONE_DATABASE
@pytest.mark.parametrize("sort", members.SORTS)
def test_a_copy_of_the_columns_gives_the_same_order(merchant: Merchant, sort: str) -> None:
    fill(merchant, 300)
    asked = {"sort": sort, "order": "down"}
    read = pages(merchant, **asked)
    column_copy.make(merchant.shop_id)
    assert pages(merchant, **asked) == read


@ON_ONE_DATABASE
def test_what_is_said_of_a_member_is_what_they_ordered(merchant: Merchant) -> None:
    inside = fill(merchant, 40)
    by_number = {int(each["customer"]): each for each in pages(merchant)}
    for number, orders in inside.items():
        line = by_number[number]
        assert (line["orders"], line["name"]) == (len(orders), None)
        assert line["spend"] == f"{sum(spend for spend, _ in orders) / 100:.2f}"
        last = max((at for _, at in orders), default=None)
        assert line["last_order_at"] == (last.isoformat() if last else None)


def test_the_file_holds_every_member_and_no_formula(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_members_api, "ROWS_AT_ONCE", 7)
    inside = fill(merchant, 60)
    with db.write() as session:
        session.get_one(Segment, (merchant.shop_id, 1)).tag = '=cmd|"\r\n!A'
    answer = merchant.get(f"{MEMBERS}.csv")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="cmd-a-20')
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [int(row["customer"]) for row in rows] == sorted(inside)
    assert all(cell == "" or cell[0].isdigit() for row in rows for cell in row.values())
    assert rows[0]["last order"] in ("", *(f"2026-0{m}-{d:02}" for m in (4, 5) for d in range(1, 31)))


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    "asked", [{"sort": "name"}, {"order": "sideways"}, {"after": "1"}, {"after": "-1-2"}, {"after": "1-2\n"}]
)
def test_an_order_nobody_knows_is_refused(merchant: Merchant, asked: dict[str, str]) -> None:
    assert merchant.get(MEMBERS, query_string=asked).status_code == 422


@ON_ONE_DATABASE
def test_a_segment_that_is_not_there_has_no_members(merchant: Merchant) -> None:
    for path in ("members", "members.csv", "flows"):
        assert merchant.get(f"/app/api/segments/40/{path}").status_code == 404
        assert merchant.get(f"/app/api/segments/{2**70}/{path}").status_code == 404
