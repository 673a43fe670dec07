"""A list folded by upserts ends in the very rows the ledger would have written, whatever is folded before and after."""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin.db import session as db
from plugin.db.models import Customer, Shop
from plugin.db.types import to_microseconds
from plugin.history import bulk_ledger, histories, versions
from plugin.history.ledger import Ledger
from plugin.schemas import admin_objects, admin_rows
from plugin.schemas.admin_rows import Listed
from plugin.schemas.facts import FiguresChanged
from plugin.shop import shops
from tests.integration.test_folding import NOW, fresh_shop, rows  # noqa: F401 - a fixture
from tests.support import deliveries
from tests.support.deliveries import Posted

EXAMPLES = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
LINES = [{"currentQuantity": 1, "isGiftCard": False}]


def node(posted: Posted) -> dict[str, Any]:
    """The order of a delivery as the Admin API would show it."""
    payload = posted.payload
    total, subtotal = (payload[f"current_{kind}_price_set"]["shop_money"] for kind in ("total", "subtotal"))
    status, customer = payload["financial_status"], payload["customer"]
    address = payload.get("shipping_address") or payload.get("billing_address")
    return {
        "id": f"gid://shopify/Order/{payload['id']}",
        "processedAt": payload["processed_at"],
        "updatedAt": payload["updated_at"],
        "cancelledAt": payload["cancelled_at"],
        "test": payload["test"],
        "displayFinancialStatus": status and status.upper(),
        "customer": customer and {"id": f"gid://shopify/Customer/{customer['id']}"},
        "displayAddress": address
        and {"countryCodeV2": address["country_code"], "provinceCode": address["province_code"]},
        "currentTotalPriceSet": {"shopMoney": {"amount": total["amount"], "currencyCode": "USD"}},
        "currentSubtotalPriceSet": {"shopMoney": {"amount": subtotal["amount"]}},
    }


def fold_one_by_one(shop_id: int, nodes: list[dict[str, Any]]) -> None:
    with db.write() as session:
        shops.hold(session, shop_id)
        book = Ledger(session, shop_id)
        for each in nodes:
            facts = admin_objects.order(each, LINES)
            book.apply_order(facts, versions.of(facts.updated_at, NOW, "import"))
        book.save()


def fold_at_once(shop_id: int, nodes: list[dict[str, Any]]) -> None:
    listed = Listed("USD", versions.ending(NOW, "import"))
    with db.write() as session:
        shops.hold(session, shop_id)
        bulk_ledger.fold_orders(session, shop_id, [admin_rows.order(each, LINES, listed) for each in nodes])


@EXAMPLES
@given(
    before=deliveries.histories(),
    after=deliveries.histories(),
    listed=st.lists(deliveries.order_payloads(), max_size=8),
)
def test_a_list_folded_at_once_is_a_list_folded_one_by_one(fresh_shop, before, after, listed):  # noqa: F811
    nodes = [node(posted) for posted in listed]
    ended = []
    for fold in (fold_one_by_one, fold_at_once):
        shop_id = being_imported(fresh_shop())
        deliveries.deliver(shop_id, list(enumerate(before)), batch=3)
        fold(shop_id, nodes)
        deliveries.deliver(shop_id, [(1_000 + number, each) for number, each in enumerate(after)], batch=3)
        make_histories(shop_id)
        ended.append(rows(shop_id))
    assert ended[0] == ended[1]


def being_imported(shop_id: int) -> int:
    """Nobody is judged yet."""
    with db.write() as session:
        session.get_one(Shop, shop_id).imported_at = None
    return shop_id


def make_histories(shop_id: int) -> None:
    with db.write() as session:
        after: int | None = 0
        while after is not None:
            after = histories.rebuild(session, shop_id, after)


@EXAMPLES
@given(history=deliveries.histories(), meanwhile=deliveries.histories(), data=st.data())
def test_first_histories_are_right_whatever_is_folded_while_they_are_written(fresh_shop, history, meanwhile, data):  # noqa: F811
    shop_id = being_imported(fresh_shop())
    deliveries.deliver(shop_id, list(enumerate(history)), batch=4)
    with db.write() as session:
        session.execute(histories.HISTORIES.delete().where(histories.HISTORIES.c.shop_id == shop_id))
    with db.read() as session:
        gathered = histories.gather(session, shop_id, 0)
    deliveries.deliver(shop_id, [(1_000 + number, each) for number, each in enumerate(meanwhile)], batch=4)
    write_some_at_a_time(shop_id, gathered, data.draw(st.integers(1, 3)))
    written = rows(shop_id)
    make_histories(shop_id)
    assert written == rows(shop_id)


def write_some_at_a_time(shop_id: int, gathered: histories.Gathered, some: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(histories, "CUSTOMERS_A_WRITE", some)
        done = 0
        while True:
            with db.write() as session:
                shops.hold(session, shop_id)
                done = histories.write(session, shop_id, gathered, done)
                if done == len(gathered.customer_ids):
                    histories.drop_empty(session, shop_id)
                    return


AMOUNTS = st.one_of(
    st.decimals(-10, 10**6, places=2).map(str), st.sampled_from(("5.0", "0.005", "7", "1e2", "999999999999.99"))
)
TIMES = st.one_of(
    st.datetimes().map(lambda at: f"{at.replace(year=2000 + at.year % 50):%Y-%m-%dT%H:%M:%SZ}"),
    st.sampled_from(("2026-01-01T10:00:00.123456Z", "2026-01-01T10:00:00+02:00", "1969-12-31T23:59:59Z", "soon")),
)


@given(
    total=AMOUNTS,
    subtotal=AMOUNTS,
    processed=TIMES,
    updated=TIMES,
    customer=st.sampled_from(("gid://shopify/Customer/7", "gid://shopify/Customer/7?x=1", "gid://shopify/Order/7")),
    lines=st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=3),
)
def test_a_row_of_a_list_says_what_the_facts_of_the_order_say(total, subtotal, processed, updated, customer, lines):
    posted = deliveries.shops.order(5, at=processed, total=total, updated_at=updated)
    posted["current_subtotal_price_set"] = {"shop_money": {"amount": subtotal, "currency_code": "USD"}}
    shown = node(Posted("orders/create", posted, NOW)) | {"customer": {"id": customer}}
    bought = [{"currentQuantity": quantity, "isGiftCard": is_gift} for quantity, is_gift in lines]
    assert as_row(shown, bought) == as_facts(shown, bought)


def as_row(shown: dict[str, Any], lines: list[dict[str, Any]]) -> object:
    try:
        row = admin_rows.order(shown, lines, Listed("USD", "|seen"))
        found = dict(zip((*admin_rows.ORDER_COLUMNS, *admin_rows.PLACE_COLUMNS), row, strict=True))
    except ValueError:
        return ValueError
    return found


def as_facts(shown: dict[str, Any], lines: list[dict[str, Any]]) -> object:
    try:
        facts = admin_objects.order(shown, lines)
    except ValueError:
        return ValueError
    names = ("order_id", "customer_id", "total", "subtotal", "units", "financial_status", "test", "cancelled_at")
    names += admin_rows.PLACE_COLUMNS
    return {name: getattr(facts, name) for name in names} | {
        "processed_at": to_microseconds(facts.processed_at),
        "updated_at": to_microseconds(facts.updated_at),
        "version": f"{versions.of(facts.updated_at, NOW, '')[:20]}|seen",
    }


@pytest.mark.parametrize("fold", [fold_one_by_one, fold_at_once])
@pytest.mark.parametrize("told", [("US", "CA"), ("CA", "US")], ids=str)
def test_of_one_order_the_place_told_last_stands_whichever_list_comes_first(fresh_shop, told, fold):  # noqa: F811
    shop_id = being_imported(fresh_shop())
    at, later = "2026-01-01T00:00:01Z", "2026-01-01T00:00:09Z"
    lists = [
        [node(Posted("", deliveries.shops.order(1, at=at, updated_at=updated), NOW)) | {"displayAddress": address}]
        for updated, address in zip(
            (at, later), [{"countryCodeV2": country, "provinceCode": None} for country in told], strict=True
        )
    ]
    for nodes in (*lists, *lists[::-1]):
        fold(shop_id, nodes)
    with db.read() as session:
        assert session.get_one(Customer, (shop_id, 7)).country == told[1]


@pytest.mark.parametrize("told", list(itertools.permutations(("list", (3, 500), (3, 600)))), ids=str)
def test_of_one_instant_the_same_sum_of_a_customer_stands_whatever_comes_first(fresh_shop, told):  # noqa: F811
    shop_id = being_imported(fresh_shop())
    listed = (7, to_microseconds(NOW), None, None, 3, 700, to_microseconds(NOW), 0)
    for each in told:
        with db.write() as session:
            shops.hold(session, shop_id)
            if each == "list":
                bulk_ledger.fold_customers(session, shop_id, [listed], with_tags=False)
            else:
                Ledger(session, shop_id).apply_figures(FiguresChanged(7, *each, "USD", NOW))
    with db.read() as session:
        customer = session.get_one(Customer, (shop_id, 7))
    assert (customer.lifetime_orders, customer.lifetime_spend) == (3, 700)
