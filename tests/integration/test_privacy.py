"""What the law asks: a customer's data in one file, a customer gone from every table, a shop gone altogether."""

import itertools
import json
import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Column, insert, select
from sqlalchemy.orm import Session

from plugin import app, clock, runs, turns
from plugin.db import session as db
from plugin.db.models import Base, Customer, InboxEvent, Run, Shop, TagChange
from plugin.db.types import Day, Instant, to_microseconds
from plugin.deliveries import inbox, notices
from plugin.deliveries.inbox import Delivery
from plugin.history import bulk_ledger
from plugin.shop import erasures, installation, privacy
from plugin.shopify import errors
from plugin.shopify.tags import TagAnswer
from plugin.tagging import tag_changes
from tests.support import lined, stored
from tests.support import shop as shops
from tests.support.installed import ON_ONE_DATABASE, open_app
from workers import drain_inbox, heed_notices, prune, work_on_runs

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
# Carl has the lowest number, Anna the highest; her other account became hers, her order became Ben's.
CARL, BEN, OTHER_ACCOUNT, ANNA = 7_000_000_000_001, 7_000_000_000_002, 7_000_000_000_003, 7_000_000_000_004
HERS, EARLIER, NOW_BENS, LATE = 5_000_000_000_001, 5_000_000_000_002, 5_000_000_000_003, 5_000_000_000_004
BENS, CARLS = 5_000_000_000_005, 5_000_000_000_006
TO_GO = (ANNA, OTHER_ACCOUNT, HERS, EARLIER, NOW_BENS, LATE)
PERSON = {"id": ANNA, "email": "anna@person.test", "phone": "+15550001111"}
_ids, _numbers = itertools.count(), itertools.count(1)


@pytest.fixture
def shop(set_clock) -> int:
    """A shop in which something about Anna lies in every table there is."""
    set_clock(NOW)
    shop_id = shops.make_shop()
    live_through(shop_id)
    return shop_id


def live_through(shop_id: int, domain: str = shops.DOMAIN) -> None:
    order = partial(shops.order, line_items=[lined.line(1)])
    with db.write() as session:
        lined.keep_lines(session, shop_id, NOW)
    for number, customer in ((HERS, ANNA), (EARLIER, OTHER_ACCOUNT), (NOW_BENS, ANNA), (BENS, BEN), (CARLS, CARL)):
        tell(shop_id, "orders/create", order(number, customer, at="2026-05-01T10:00:00Z"))
    tell(shop_id, "customers/merge", merge(ANNA, OTHER_ACCOUNT))
    tell(shop_id, "orders/updated", order(NOW_BENS, BEN, at="2026-05-01T10:00:00Z", updated_at="2026-05-02T10:00:00Z"))
    work(shop_id)
    for customer in (CARL, BEN, ANNA):
        tell(shop_id, "customers/data_request", request(customer, domain))
    with db.write() as session:
        runs.start_refresh(session, shop_id, clock.now())
    work_on_runs.work_on_runs(shop_id)
    with db.write() as session:
        session.add_all(
            TagChange(shop_id=shop_id, customer_id=who, added=["repeat"], removed=[], at=NOW, outcome="written")
            for who in (CARL, BEN, ANNA, OTHER_ACCOUNT)
        )
        plant(session, shop_id)
    work(shop_id)
    tell(shop_id, "orders/create", {"id": "nothing we know", "customer": PERSON})
    tell(shop_id, "customers/merge", merge(OTHER_ACCOUNT, ANNA))
    tell(shop_id, "customers/data_request", request(ANNA, "elsewhere.myshopify.com"))
    work(shop_id)
    tell(shop_id, "orders/create", order(LATE, ANNA))
    tell(shop_id, "orders/updated", order(CARLS, CARL))


def plant(session: Session, shop_id: int) -> None:
    """A row about Carl and one about Anna in each table that has none yet: also in those that are still to come."""
    for table in Base.metadata.sorted_tables:
        if "shop_id" in table.c and session.execute(select(table).where(table.c.shop_id == shop_id)).first() is None:
            for who in (CARL, ANNA) if "customer_id" in table.c else (ANNA,):
                row = {column.name: filling(column) for column in table.c}
                known = {"shop_id": shop_id, "customer_id": who}
                session.execute(insert(table).values(row | {name: known[name] for name in known.keys() & row.keys()}))


def filling(column: Column) -> Any:
    if isinstance(column.type, Instant | Day):
        return NOW if isinstance(column.type, Instant) else NOW.date()
    kind = column.type.python_type
    return next(_numbers) if kind is int and column.primary_key else {int: 1, str: "x", bool: True, dict: {}}.get(kind)


def tell(shop_id: int, topic: str, payload: object, at: datetime = NOW) -> str:
    """Put a delivery into the inbox as the door does; returns its id."""
    webhook_id = f"w-{next(_ids)}"
    with db.write() as session:
        delivery = Delivery(webhook_id, topic, None, at, json.dumps(payload).encode())
        inbox.accept(session, shop_id, delivery, clock.now(), notices.stage(topic))
    return webhook_id


def work(shop_id: int) -> None:
    drain_inbox.drain_inbox(shop_id)
    heed_notices.heed_notices(shop_id)


def merge(kept: int, gone: int) -> dict:
    ids = {"kept": kept, "deleted": gone}
    return {f"admin_graphql_api_customer_{which}_id": f"gid://shopify/Customer/{n}" for which, n in ids.items()} | {
        "status": "completed"
    }


def request(customer: int, domain: str = shops.DOMAIN) -> dict:
    person = PERSON | {"id": customer}
    return {"shop_id": 1, "shop_domain": domain, "customer": person, "orders_requested": [], "data_request": {"id": 9}}


def redaction(customer: int = ANNA, orders: tuple = (HERS, EARLIER, NOW_BENS), domain: str = shops.DOMAIN) -> dict:
    return {"shop_id": 1, "shop_domain": domain, "customer": PERSON | {"id": customer}, "orders_to_redact": [*orders]}


def redact(shop_id: int, *, then_work: bool = True, **asked) -> None:
    tell(shop_id, "customers/redact", redaction(**asked))
    heed_notices.heed_notices(shop_id)
    if then_work:
        work(shop_id)


def about(customer: int, rows: stored.Rows) -> list[dict]:
    return [row for found in rows.values() for row in found if row.get("customer_id") == customer]


def found_anywhere(numbers=TO_GO) -> dict[int, set[str]]:
    rows = stored.everything()
    return {number: places for number in numbers if (places := stored.where(number, rows))}


def event(shop_id: int, webhook_id: str) -> InboxEvent:
    with db.read() as session:
        return session.get_one(InboxEvent, (shop_id, webhook_id))


@ON_ONE_DATABASE
def test_what_is_looked_for_lies_in_every_table_about_customers(shop):
    places = {place.partition(".")[0] for place in stored.where(ANNA)}
    tables = {table.name for table in Base.metadata.sorted_tables if "customer_id" in table.c}
    assert places == tables | {"inbox_events", "runs"}
    assert {"orders.order_id", "order_histories.history", "data_requests.content"} <= stored.where(NOW_BENS)
    assert {"customers.merged_into", "customers.customer_id"} <= stored.where(OTHER_ACCOUNT) | stored.where(ANNA)


def test_after_a_redaction_nothing_names_the_customer_their_other_account_or_their_orders(shop):
    redact(shop)
    assert found_anywhere() == {}
    text = str(stored.everything())
    assert "person.test" not in text
    assert "+1555" not in text


def test_a_redaction_leaves_other_customers_and_other_shops_as_they_were(shop, set_clock):
    other = shops.make_shop("other.myshopify.com")
    live_through(other, "other.myshopify.com")
    before = stored.everything()
    redact(shop, then_work=False)
    after = stored.everything()
    of_other = [
        [row for row in rows["customers"] + rows["orders"] if row["shop_id"] == other] for rows in (before, after)
    ]
    assert of_other[0] == of_other[1]
    mine = [[row for row in about(CARL, rows) if row["shop_id"] == shop] for rows in (before, after)]
    assert mine[0] == mine[1]
    assert len(mine[0]) > 4
    assert not event(
        shop, next(row["webhook_id"] for row in after["inbox_events"] if str(CARLS) in str(row["body"]))
    ).done_at


@ON_ONE_DATABASE
def test_who_has_an_order_of_the_erased_today_is_judged_without_it(shop):
    assert len(customer_file(shop, BEN)["stored"]["orders"]) == 2
    redact(shop)
    assert [row["order_id"] for row in customer_file(shop, BEN)["stored"]["orders"]] == [BENS]
    moved = [row for row in about(BEN, stored.everything()) if "entered" in row and row["cause"] == "event"]
    assert {row["bit"] for row in moved if not row["entered"]} != set()


LATE_NEWS = {
    "an order": ("orders/create", shops.order(HERS, ANNA)),
    "an order without a customer": ("orders/updated", shops.order(HERS, None)),
    "an order of somebody else": ("orders/updated", shops.order(NOW_BENS, BEN, updated_at="2026-06-09T10:00:00Z")),
    "a new order of the other account": ("orders/paid", shops.order(LATE, OTHER_ACCOUNT)),
    "a refund": ("refunds/create", {"order_id": HERS, "created_at": "2026-06-01T10:00:00Z"}),
    "an edit": ("orders/edited", {"order_edit": {"order_id": EARLIER, "committed_at": "2026-06-01T10:00:00Z"}}),
    "a deleted order": ("orders/delete", {"id": HERS}),
    "the customer": ("customers/update", {"id": ANNA, "created_at": "2026-01-01T10:00:00Z"}),
    "the other account": ("customers/create", {"id": OTHER_ACCOUNT, "created_at": "2026-01-01T10:00:00Z"}),
    "a deleted customer": ("customers/delete", {"id": ANNA}),
    "a merge": ("customers/merge", merge(ANNA, OTHER_ACCOUNT)),
    "a merge into another": ("customers/merge", merge(BEN, ANNA)),
    "a question": ("customers/data_request", request(ANNA)),
    "the same again": ("customers/redact", redaction()),
}


@ON_ONE_DATABASE
def test_late_deliveries_bring_nothing_back(shop):
    waiting = tell(shop, "orders/create", shops.order(LATE, ANNA))
    redact(shop)
    assert event(shop, waiting).body is None
    for name, (topic, payload) in LATE_NEWS.items():
        webhook_id = tell(shop, topic, payload)
        work(shop)
        assert event(shop, webhook_id).done_at, name
        assert found_anywhere() == {}, name


@ON_ONE_DATABASE
def test_nothing_comes_back_as_long_as_anything_can_be_repeated_and_then_the_digests_go(shop, set_clock):
    redact(shop)
    set_clock(NOW + erasures.REMEMBERED_FOR - timedelta(hours=1))
    prune.prune()
    tell(shop, "orders/create", shops.order(HERS, ANNA))
    work(shop)
    assert found_anywhere() == {}
    set_clock(NOW + erasures.REMEMBERED_FOR + timedelta(hours=1))
    prune.prune()
    left = stored.everything()["erasures"]
    assert [(row["kind"], row["digest"]) for row in left] == [("customer", None)] * 2


def test_what_is_erased_and_stands_in_a_list_that_was_made_before_is_left_out(shop):
    redact(shop)
    seen = to_microseconds(NOW)
    ordered = [
        (HERS, ANNA),
        (HERS, None),
        (EARLIER, OTHER_ACCOUNT),
        (LATE, OTHER_ACCOUNT),
        (NOW_BENS, BEN),
        (BENS, BEN),
    ]
    with db.write() as session:
        orders = [(*each, seen, 100, 100, 1, "paid", False, None, seen, "9", "US", None) for each in ordered]
        bulk_ledger.fold_orders(session, shop, orders)
        customers = [(each, seen, None, None, 1, 1, seen, 1) for each in (ANNA, OTHER_ACCOUNT, CARL)]
        bulk_ledger.fold_customers(session, shop, customers, with_tags=True)
    assert found_anywhere() == {}
    assert {row["order_id"] for row in stored.everything()["orders"]} == {BENS, CARLS}


@ON_ONE_DATABASE
def test_twice_the_same_and_somebody_unknown_change_nothing(shop):
    redact(shop)
    before = stored.everything()
    redact(shop)
    redact(shop, customer=99, orders=(98, 97))
    after = stored.everything()
    for rows in (before, after):
        rows.pop("erasures"), rows.pop("inbox_events"), rows.pop("shops"), rows.pop("turns")
    assert before == after


@ON_ONE_DATABASE
def test_an_account_that_was_merged_away_can_be_erased_alone(shop):
    redact(shop, customer=OTHER_ACCOUNT, orders=(EARLIER,))
    assert found_anywhere((OTHER_ACCOUNT, EARLIER)) == {}
    assert "customers.customer_id" in stored.where(ANNA)
    tell(shop, "orders/create", shops.order(EARLIER, OTHER_ACCOUNT))
    work(shop)
    assert found_anywhere((OTHER_ACCOUNT, EARLIER)) == {}


@ON_ONE_DATABASE
def test_more_orders_than_a_statement_takes_are_erased(shop):
    redact(shop, orders=(HERS, EARLIER, NOW_BENS, *range(1, 33_000)))
    assert found_anywhere() == {}


@ON_ONE_DATABASE
def test_a_refresh_that_stopped_at_the_erased_goes_on(shop):
    with db.write() as session:
        place = {"after": ANNA, "packed": OTHER_ACCOUNT, "looked_at": HERS}
        session.add(Run(shop_id=shop, kind="refresh", state="running", created_at=NOW, position=place))
    redact(shop)
    assert found_anywhere() == {}
    work_on_runs.work_on_runs(shop)
    with db.read() as session:
        assert runs.next_run(session, shop) is None


@ON_ONE_DATABASE
def test_a_customer_erased_during_a_call_to_shopify_does_not_come_back_with_its_answer(shop):
    change = tag_changes.Change(ANNA, 1, 0)
    redact(shop)
    with db.write() as session:
        answered = (change, change.edit({0: "repeat"}), TagAnswer(ANNA, ()))
        tag_changes.record(session, shop, [answered], clock.now())
    assert found_anywhere() == {}


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact"])
@ON_ONE_DATABASE
def test_a_request_whose_body_is_about_another_shop_is_set_aside_and_changes_nothing(shop, topic):
    payload = {**request(CARL), **redaction(CARL), "shop_domain": "elsewhere.myshopify.com"}
    before = stored.everything()
    webhook_id = tell(shop, topic, payload)
    work_on_runs.work_on_runs(shop)
    heed_notices.heed_notices(shop)
    after = stored.everything()
    assert "another shop" in event(shop, webhook_id).error
    for table in before.keys() - {"inbox_events", "turns", "shops"}:
        assert before[table] == after[table]


def customer_file(shop_id: int, customer: int) -> dict:
    """The newest file about a customer that can be downloaded."""
    with db.read() as session:
        mine = [each for each in privacy.open_requests(session, shop_id, clock.now()) if each.customer_id == customer]
        return json.loads(privacy.open_request(session, shop_id, mine[0].id, clock.now()).content)


def test_a_data_request_is_answered_with_everything_stored_about_the_customer(shop):
    file = customer_file(shop, ANNA)
    rows = stored.everything()
    tables = {table.name for table in Base.metadata.sorted_tables if "customer_id" in table.c} - {"data_requests"}
    assert file["stored"].keys() == tables | {"order_lines"}
    for table in tables - {"tag_changes", "movements"}:
        theirs = [row for row in rows[table] if row["customer_id"] in (ANNA, OTHER_ACCOUNT)]
        assert len(file["stored"][table]) == len(theirs) > 0, table
    orders = {row["order_id"] for row in file["stored"]["orders"]}
    assert orders == {HERS, EARLIER}
    assert {each["order_id"] for each in file["stored"]["order_histories"][0]["history"]} == orders
    assert str(BEN) not in json.dumps(file)
    assert (file["customer"], file["shop"]) == (ANNA, shops.DOMAIN)


@ON_ONE_DATABASE
def test_an_answer_can_be_fetched_for_thirty_days_by_its_shop_alone_and_is_pruned(shop, set_clock):
    other = shops.make_shop("other.myshopify.com")
    with db.read() as session:
        (request_id, *_) = [each.id for each in privacy.open_requests(session, shop, NOW)]
        assert privacy.open_request(session, other, request_id, NOW) is None
        assert privacy.open_request(session, shop, request_id, NOW + timedelta(days=30, seconds=-1))
        assert privacy.open_request(session, shop, request_id, NOW + timedelta(days=30)) is None
    set_clock(NOW + timedelta(days=29))
    prune.prune()
    assert len(stored.everything()["data_requests"]) == 3
    set_clock(NOW + timedelta(days=30))
    prune.prune()
    assert stored.everything()["data_requests"] == []


@ON_ONE_DATABASE
def test_a_question_about_somebody_unknown_is_answered_with_nothing(shop):
    tell(shop, "customers/data_request", request(123))
    work(shop)
    assert not any(customer_file(shop, 123)["stored"].values())


# -- the whole shop


def of_shop(shop_id: int) -> dict[str, list[dict]]:
    """What is left of a shop, table by table."""
    rows = stored.everything()
    mine = {name: [row for row in found if row.get("shop_id") == shop_id] for name, found in rows.items()}
    mine["shops"] = [row for row in rows["shops"] if row["id"] == shop_id]
    return {name: found for name, found in mine.items() if found}


def remove_app(shop_id: int) -> None:
    with db.write() as session:
        installation.uninstall(session, session.get_one(Shop, shop_id), clock.now())


def redact_shop(shop_id: int, **told) -> None:
    tell(shop_id, "shop/redact", {"shop_id": 1, "shop_domain": shops.DOMAIN}, **told)
    heed_notices.heed_notices(shop_id)


def test_a_redacted_shop_leaves_no_row_in_any_table(shop):
    other = shops.make_shop("other.myshopify.com")
    live_through(other, "other.myshopify.com")
    with db.write() as session:
        session.add(Customer(shop_id=other, customer_id=1))
    tables = {table.name for table in Base.metadata.sorted_tables if "shop_id" in table.c} | {"shops"}
    assert of_shop(shop).keys() == tables
    before = of_shop(other)
    remove_app(shop)
    redact_shop(shop)
    work_on_runs.work_on_runs(shop)
    assert of_shop(shop) == {}
    assert of_shop(other) == before


@ON_ONE_DATABASE
def test_what_remains_of_a_redacted_shop_is_a_line_that_names_nobody(shop):
    redact_shop(shop)
    work_on_runs.work_on_runs(shop)
    rows = stored.everything()
    assert found_anywhere((*TO_GO, BEN, CARL)) == {}
    assert "demo" not in str(rows)
    (line,) = rows["erasures"]
    assert (line["kind"], line["digest"], line["erased_at"]) == ("shop", None, NOW)
    assert line["rows"]["orders"] == 5


class Killed(BaseException):
    """Stands for the end of the process: nothing here catches it."""


@pytest.mark.parametrize("after", [1, 4, 9])
@ON_ONE_DATABASE
def test_an_erasure_killed_half_way_goes_on(shop, monkeypatch, after):
    monkeypatch.setattr(privacy, "ROWS_AT_ONCE", 2)
    redact_shop(shop)
    pieces = itertools.count()

    def renew(turn):
        if next(pieces) == after:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(turns.Turn, "renew", renew)
        with pytest.raises(Killed):
            work_on_runs.work_on_runs(shop)
    assert of_shop(shop)["runs"]
    tell(shop, "customers/data_request", request(CARL))  # what arrives meanwhile goes as well
    work_on_runs.work_on_runs(shop)
    assert of_shop(shop) == {}
    (line,) = stored.everything()["erasures"]
    assert line["rows"]["orders"] == 5


@ON_ONE_DATABASE
def test_a_request_from_before_the_shop_came_back_erases_nothing(shop):
    before = of_shop(shop)
    redact_shop(shop, at=NOW - timedelta(days=1))
    work_on_runs.work_on_runs(shop)
    after = of_shop(shop)
    assert {name: len(rows) for name, rows in after.items() if name not in ("inbox_events", "turns")} == {
        name: len(rows) for name, rows in before.items() if name not in ("inbox_events", "turns")
    }
    assert after["shops"][0]["uninstalled_at"] is None


def test_deliveries_that_arrive_while_the_shop_is_erased_leave_nothing(shop):
    redact_shop(shop)
    client, answers = app.create_app().test_client(), []

    def post():
        while len(answers) < 200 and of_shop(shop):
            answers.append(shops.post(client, "customers/data_request", request(CARL)).status_code)

    posting = threading.Thread(target=post)
    posting.start()
    while not answers:
        pass
    work_on_runs.work_on_runs(shop)
    posting.join()
    assert of_shop(shop) == {}
    assert set(answers) <= {200, 503}


@ON_ONE_DATABASE
def test_a_shop_that_comes_back_while_it_is_erased_waits_and_then_starts_anew(new_shop):
    shop = new_shop()
    shop.buyers(2)
    shop.install()
    shop.store.uninstall(shop.handle)
    shop.store.redact_shop(shop.handle)
    shop.receive()
    heed_notices.heed_notices(shop.id)
    with pytest.raises(errors.ShopUnavailable):
        open_app(shop.store, shop.handle)
    assert shop.row().uninstalled_at
    work_on_runs.work_on_runs(shop.id)
    assert of_shop(shop.id) == {}
    shop.install()
    assert len(shop.customers()) == 2
    assert shop.row().imported_at


@ON_ONE_DATABASE
def test_a_redacted_customer_stays_away_when_the_history_is_read_anew(new_shop):
    shop = new_shop()
    gone, stays = shop.buyers(2)
    shop.install()
    shop.store.redact_customer(shop.handle, gone)
    shop.settle()
    orders = [order["id"] for order in shop.store.orders(shop.handle, gone)]
    with db.write() as session:
        runs.start_import(session, shop.id, clock.now())
    shop.buy(gone)
    shop.settle()
    assert found_anywhere((gone, *orders)) == {}
    assert [customer.customer_id for customer in shop.customers()] == [stays]


# -- the door


@ON_ONE_DATABASE
def test_privacy_requests_are_taken_from_shops_that_left_and_refused_without_signature(shop):
    client = app.create_app().test_client()
    remove_app(shop)
    before = len(stored.everything()["inbox_events"])
    for topic in ("customers/data_request", "customers/redact", "shop/redact"):
        assert shops.post(client, topic, redaction()).status_code == 200
        stranger = {"X-Shopify-Shop-Domain": "stranger.myshopify.com"}
        assert shops.post(client, topic, redaction(), **stranger).status_code == 200
        assert shops.post(client, topic, redaction(), **{"X-Shopify-Hmac-Sha256": "bm8="}).status_code == 401
    assert len(stored.everything()["inbox_events"]) == before + 3
    assert shops.post(client, "orders/create", shops.order(1)).status_code == 200
    assert len(stored.everything()["inbox_events"]) == before + 3
    heed_notices.heed_notices(shop)
    work_on_runs.work_on_runs(shop)
    assert of_shop(shop) == {}


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "yesterday"])
@ON_ONE_DATABASE
def test_a_delivery_from_outside_all_time_does_not_hold_up_the_others(shop, instant):
    client = app.create_app().test_client()
    shops.post(client, "customers/redact", redaction(), **{"X-Shopify-Triggered-At": instant})
    work(shop)
    assert found_anywhere() == {}
