"""While some of a list is written, the next of it is read: nothing is skipped, and nothing is read for nothing."""

import math
import time
from collections.abc import Iterator
from typing import Any

import pytest

from plugin.db import session as db
from plugin.db.models import Order, OrderHistory
from plugin.history import histories, listed_rows, listing
from plugin.shop import shops
from plugin.shopify import errors, ids
from tests.integration.test_folding import fresh_shop, rows  # noqa: F401 - a fixture
from tests.integration.test_import import fill, import_history
from tests.support.installed import ON_ONE_DATABASE, open_app

UPSERTED = "plugin.db.upserts.VALUES_A_STATEMENT"


def numbers(read: list[int], last: int) -> Iterator[Any]:
    for number in range(last):
        time.sleep(0.01)
        read.append(number)
        yield number


def taken(_shop: object, _bits_by_tag: object, batch: Any) -> Any:
    return [batch], None


@ON_ONE_DATABASE
@pytest.mark.parametrize("seconds", [0, 0.2, math.inf])
def test_whatever_was_read_is_handed_over_when_time_is_up(fresh_shop, seconds):  # noqa: F811
    read, written, last = list[int](), list[Any](), 30
    until = time.monotonic() + seconds
    for batch, _, in_time in listed_rows.ahead(fresh_shop(), numbers(read, last), taken, until):
        time.sleep(0.02)
        written.append(batch)
        stopped = not in_time
    assert written == read
    assert stopped == (len(read) < last) == (seconds < math.inf)


@ON_ONE_DATABASE
def test_what_fails_while_something_is_written_is_told_behind_it(fresh_shop):  # noqa: F811
    def failing() -> Iterator[Any]:
        yield 1
        raise errors.ShopUnavailable("A bulk result broke off")

    found = listed_rows.ahead(fresh_shop(), failing(), taken, math.inf)
    assert next(found)[0] == 1
    time.sleep(0.05)
    with pytest.raises(errors.ShopUnavailable):
        next(found)


@ON_ONE_DATABASE
def test_a_batch_keeps_its_place_while_the_next_one_is_listed(new_shop, monkeypatch):
    monkeypatch.setattr(listing, "BLOCK", 700)
    shop = new_shop()
    fill(shop)
    shop.id = open_app(shop.store, shop.handle)
    import_history(shop)
    operation = ids.gid("BulkOperation", shop.store.bulk_operations(shop.handle)[-1]["id"])
    place = {"operation": operation, "offset": 0}
    found = list(listing.batches(shops.admin_client(shop.id), listing.ORDERS, "", place, print))
    ends = [len(batch.block) for batch in found]
    assert len(found) > 3
    assert [batch.place["offset"] for batch in found] == [sum(ends[: n + 1]) for n in range(len(ends))]


@pytest.mark.parametrize("count", [1, 9, 10, 11, 25])
def test_rows_that_take_several_statements_are_all_written(fresh_shop, monkeypatch, count):  # noqa: F811
    monkeypatch.setattr(UPSERTED, 30)  # ten histories
    shop_id = fresh_shop()
    with db.write() as session:
        shops.hold(session, shop_id)
        session.add_all(Order(shop_id=shop_id, **bought(number)) for number in range(1, count + 1))
        histories.rebuild(session, shop_id, 0)
    assert [customer for customer, _ in rows(shop_id)[OrderHistory.__tablename__]] == list(range(1, count + 1))


def bought(number: int) -> dict[str, Any]:
    """A paid order of the customer of the same number."""
    from plugin.db.types import from_microseconds

    instant = from_microseconds(10**15)
    facts = {"total": 1, "subtotal": 1, "units": 1, "financial_status": "paid", "processed_at": instant}
    return facts | {"order_id": number, "customer_id": number}
