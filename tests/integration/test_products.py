"""Segments about products, from the store's catalogue to the tags: through imports, deliveries, refunds, changes."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import CategoryHistory, OrderLine, Product
from plugin.history import category_histories, products
from plugin.shopify import products as wire
from plugin.standing import categories, category_choices, checking, segment_store
from plugin.standing.waits import HISTORY
from tests.support.installed import ON_ONE_DATABASE, InstalledShop
from tests.support.turmoil import later
from workers import fetch_products, look_deeper, prune, work_on_runs

BEANS, CUPS, GREEN_TEA = 8_000_001, 8_000_002, 8_000_003
SCOPES = ["read_orders", "write_customers", "read_all_orders"]


def of(
    category: dict[str, Any], measure: str = "orders", comparison: str = "at_least", value: Any = 1
) -> dict[str, Any]:
    return {"measure": measure, "window": "lifetime", "category": category, "comparison": comparison, "value": value}


def segment(tag: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {"name": tag.capitalize(), "tag": tag, "conditions": list(conditions)}


COFFEE, TEA = {"product_type": "Coffee"}, {"product_type": "Tea"}
BUYERS = segment("coffee", of(COFFEE))
EXPERTS = segment("experts", of({"vendor": "Acme"}, "units", value=5))
CROSS_SELL = segment("no-tea-yet", of(COFFEE), of(TEA, comparison="below"))
SPENDERS = segment("spenders", of(COFFEE, "spend", value="50"))


@pytest.fixture
def shop(new_shop) -> InstalledShop:
    """A shop with three products, the app not installed yet."""
    opened = new_shop()
    stock(opened)
    return opened


def stock(shop: InstalledShop) -> None:
    shop.store.put_product(shop.handle, BEANS, product_type="coffee", vendor="Acme", tags=["Whole", "dark"])
    shop.store.put_product(shop.handle, CUPS, product_type="Things", vendor="Acme", collections=["Sale"])
    shop.store.put_product(shop.handle, GREEN_TEA, product_type="Tea", vendor="Leaf", collections=["Sale", "New"])


def buys(shop: InstalledShop, *bought: int, customer: Any = "new", quantity: int = 1, **options: Any) -> int:
    """An order of these products at 10.00 each; the customer's number."""
    lines = [{"price": "10.00", "product": product, "quantity": quantity} | options for product in bought]
    found: int = shop.store.place_order(shop.handle, lines, customer)["customer"]["id"]
    return found


def asks(shop: InstalledShop, *definitions: dict[str, Any]) -> None:
    """The merchant saves these segments, and everything follows."""
    shop.save_segments(*definitions)
    shop.settle()


def waits(shop: InstalledShop) -> list[str]:
    with db.read() as session:
        return [wait.reason for wait in segment_store.incomplete(session, shop.id, clock.now()).values()]


def count(shop: InstalledShop, table: Any) -> int:
    with db.read() as session:
        return len(session.scalars(select(table).where(table.shop_id == shop.id)).all())


def lines_of(shop: InstalledShop) -> list[tuple[int, ...]]:
    rows = shop.rows(OrderLine, OrderLine.order_id)
    return sorted((row.order_id, row.product_id, row.units, row.spend) for row in rows)


def test_the_whole_history_is_read_anew_and_then_every_order_counts(shop):
    drinker, expert, both = buys(shop, BEANS), buys(shop, CUPS, quantity=5), buys(shop, BEANS, GREEN_TEA)
    shop.install()
    assert count(shop, OrderLine) == 0
    asks(shop, BUYERS, EXPERTS, CROSS_SELL)
    assert (shop.tagged("coffee"), shop.tagged("experts")) == (sorted([drinker, both]), [expert])
    assert shop.tagged("no-tea-yet") == [drinker]
    newcomer = buys(shop, BEANS, quantity=5)
    buys(shop, GREEN_TEA, customer=drinker)
    shop.settle()
    assert shop.tagged("coffee") == sorted([drinker, both, newcomer])
    assert (shop.tagged("experts"), shop.tagged("no-tea-yet")) == (sorted([expert, newcomer]), [newcomer])


@ON_ONE_DATABASE
def test_a_product_nobody_had_bought_before_is_looked_up(shop):
    shop.install()
    asks(shop, BUYERS)
    shop.store.put_product(shop.handle, 8_000_009, product_type="COFFEE")
    buyer, other = buys(shop, 8_000_009), buys(shop, 8_000_010)
    shop.settle()
    assert (shop.tagged("coffee"), count(shop, Product)) == ([buyer], 2)
    assert other not in shop.tagged("coffee")


@ON_ONE_DATABASE
def test_refunds_and_edits_take_their_units_and_their_spend_along(shop):
    shop.install()
    asks(shop, EXPERTS, SPENDERS)
    customer = buys(shop, BEANS, quantity=6)
    shop.settle()
    assert (shop.tagged("experts"), shop.tagged("spenders")) == ([customer], [customer])
    (order,) = shop.store.orders(shop.handle, customer)
    shop.store.refund_order(shop.handle, order["id"], [{"index": 0, "quantity": 1}])
    shop.settle()
    assert (shop.tagged("experts"), shop.tagged("spenders")) == ([customer], [customer])
    shop.store.edit_order(shop.handle, order["id"], removed=[{"index": 0, "quantity": 1}])
    shop.settle()
    assert (shop.tagged("experts"), shop.tagged("spenders")) == ([], [])


@ON_ONE_DATABASE
def test_a_product_that_changes_its_type_takes_its_buyers_along(shop):
    shop.install()
    asks(shop, BUYERS)
    customer = buys(shop, CUPS)
    shop.settle()
    assert shop.tagged("coffee") == []
    shop.store.put_product(shop.handle, CUPS, product_type="Coffee")
    shop.settle()
    assert shop.tagged("coffee") == [customer]
    shop.store.put_product(shop.handle, CUPS, product_type="Things")
    shop.settle()
    assert shop.tagged("coffee") == []


@ON_ONE_DATABASE
def test_a_deleted_product_keeps_what_was_known_of_it(shop):
    shop.install()
    asks(shop, BUYERS)
    customer = buys(shop, BEANS)
    shop.settle()
    shop.store.delete_product(shop.handle, BEANS)
    shop.settle()
    buys(shop, GREEN_TEA, customer=customer)
    shop.settle()
    assert shop.tagged("coffee") == [customer]


@ON_ONE_DATABASE
def test_collections_that_change_in_silence_are_found_within_a_week(shop):
    customer = buys(shop, GREEN_TEA)
    shop.install()
    number = shop.store.collections(shop.handle)["Sale"]
    asks(shop, segment("bargains", of({"collection": number})))
    assert shop.tagged("bargains") == [customer]
    shop.store.collect_product(shop.handle, GREEN_TEA, ["New"])
    shop.settle()
    assert shop.tagged("bargains") == [customer]
    fetch_products.ask_again()
    shop.settle()
    assert shop.tagged("bargains") == []


@ON_ONE_DATABASE
def test_without_the_permission_the_segment_waits_and_says_so(new_shop):
    shop = new_shop(scopes=SCOPES)
    stock(shop)
    customer = buys(shop, BEANS)
    shop.install()
    asks(shop, BUYERS)
    assert (shop.tagged("coffee"), waits(shop), shop.row().trouble) == ([], [categories.NO_SCOPE], None)
    late = buys(shop, BEANS)
    shop.store.grant_scopes(shop.handle, [*SCOPES, "read_products"])
    shop.settle()
    assert (shop.tagged("coffee"), waits(shop)) == (sorted([customer, late]), [])


@ON_ONE_DATABASE
def test_the_permission_is_noticed_within_a_week_though_nobody_told_of_it(new_shop):
    shop = new_shop(scopes=SCOPES)
    stock(shop)
    customer = buys(shop, BEANS)
    shop.install()
    asks(shop, BUYERS)
    shop.store.grant_scopes(shop.handle, [*SCOPES, "read_products"])
    shop.posted()  # lost
    later(shop, timedelta(days=1))
    buys(shop, CUPS)
    shop.settle()  # renews the token, which says so
    fetch_products.ask_again()
    shop.settle()
    assert shop.tagged("coffee") == [customer]


@ON_ONE_DATABASE
def test_where_sixty_days_are_visible_older_orders_have_no_lines_and_who_has_not_bought_stays_open(new_shop):
    shop = new_shop(scopes=["read_orders", "write_customers", "read_products"])
    stock(shop)
    shop.store.set_clock(f"{-80 * 86_400:+.0f}")
    shop.install()
    long_ago = buys(shop, GREEN_TEA)
    shop.settle()
    shop.store.set_clock("")
    buys(shop, BEANS, customer=long_ago)
    none_lately = {**of(TEA, comparison="below"), "window": 90}
    asks(shop, segment("tea", of(TEA)), segment("coffee", of(COFFEE)), segment("no-tea", of(COFFEE), none_lately))
    assert (shop.tagged("tea"), shop.tagged("coffee"), shop.tagged("no-tea")) == ([], [long_ago], [])
    assert waits(shop) == [HISTORY]
    later(shop, timedelta(days=31))
    look_deeper.look_deeper()
    shop.settle()
    assert shop.tagged("no-tea") == [long_ago]


@ON_ONE_DATABASE
def test_merged_customers_bought_what_both_bought(shop):
    shop.install()
    asks(shop, EXPERTS)
    kept, gone = buys(shop, BEANS, quantity=3), buys(shop, CUPS, quantity=2)
    shop.settle()
    assert shop.tagged("experts") == []
    shop.store.merge_customers(shop.handle, kept, gone)
    shop.settle()
    assert shop.tagged("experts") == [kept]
    assert [row.customer_id for row in shop.rows(CategoryHistory, CategoryHistory.number)] == [kept]


@ON_ONE_DATABASE
def test_what_nobody_asks_for_any_more_is_dropped_and_read_again_when_somebody_does(shop):
    customer = buys(shop, BEANS)
    shop.install()
    asks(shop, BUYERS)
    asks(shop)
    prune.prune_shop(shop.id)
    assert [count(shop, table) for table in (OrderLine, Product, CategoryHistory)] == [0, 0, 0]
    meanwhile = buys(shop, BEANS)
    shop.settle()
    assert count(shop, OrderLine) == 0
    asks(shop, BUYERS)
    assert shop.tagged("coffee") == sorted([customer, meanwhile])


@ON_ONE_DATABASE
def test_segments_asked_for_one_after_the_other_share_what_was_read(shop):
    customer = buys(shop, BEANS)
    shop.install()
    asks(shop, BUYERS)
    asks(shop, BUYERS, segment("dark", of({"product_tag": "Dark"})), segment("beans", of({"product": BEANS})))
    assert (shop.tagged("coffee"), shop.tagged("dark"), shop.tagged("beans")) == ([customer],) * 3
    assert [run.kind for run in shop.runs()].count(runs.IMPORT) == 2


def test_an_import_and_the_webhooks_tell_the_same_lines(shop):
    shop.install()
    asks(shop, BUYERS)
    customer = buys(shop, BEANS, CUPS, quantity=3, discount="1.01")
    for lines in (
        [{"price": "3.33", "product": BEANS}, {"price": "20.00", "gift_card": True, "product": CUPS}],
        [{"price": "0", "product": CUPS, "quantity": 2}, {"price": "9.99", "product": BEANS}, {"price": "5"}],
    ):
        shop.store.place_order(shop.handle, lines, customer, shipping="4.90")
    first, *_ = shop.store.orders(shop.handle, customer)
    shop.store.refund_order(shop.handle, first["id"], [{"index": 1, "quantity": 2, "amount": "15.00"}])
    shop.settle()
    told = lines_of(shop)
    with db.write() as session:
        runs.start_import(session, shop.id, clock.now())
    shop.settle()
    assert (lines_of(shop), len(told)) == (told, 6)
    assert sum(spend for order, _, _, spend in told if order == first["id"]) == 4298


@ON_ONE_DATABASE
def test_a_segment_saved_while_the_history_is_read_has_it_listed_again(shop, monkeypatch):
    customer = buys(shop, BEANS)
    shop.install()
    with db.write() as session:
        runs.start_import(session, shop.id, clock.now())
    monkeypatch.setattr(work_on_runs, "POLLS_A_JOB", 1)
    shop.store.bulk_conduct(shop.handle, held_after=0)
    work_on_runs.work_on_runs(shop.id)
    with db.write() as session:
        segment_store.save(session, shop.id, [BUYERS], clock.now())
        runs.start_refresh(session, shop.id, clock.now())
    shop.store.bulk_conduct(shop.handle)
    monkeypatch.setattr(work_on_runs, "POLLS_A_JOB", 100)
    shop.settle()
    assert shop.tagged("coffee") == [customer]


@ON_ONE_DATABASE
def test_what_can_be_chosen_is_what_the_store_says_its_products_are(shop):
    shop.install()
    found = category_choices.of(shop.id, "product_type", "")
    assert [choice.title for choice in found.choices] == ["coffee", "Tea", "Things"]
    assert [choice.title for choice in category_choices.of(shop.id, "vendor", "ac").choices] == ["Acme"]
    (sale,) = category_choices.of(shop.id, "collection", "SA").choices
    assert (sale.value, sale.title) == (str(shop.store.collections(shop.handle)["Sale"]), "Sale")


@ON_ONE_DATABASE
def test_what_is_known_of_bought_products_can_be_chosen_while_shopify_does_not_answer(shop):
    shop.install()
    asks(shop, BUYERS)
    buys(shop, BEANS)
    shop.settle()
    shop.store.fault("503")
    found = category_choices.of(shop.id, "product_tag", "")
    shop.store.clear_faults()
    assert ([choice.value for choice in found.choices], found.permitted) == (["dark", "Whole"], True)
    checked = checking.check(shop.id, [BUYERS, segment("cocoa", of({"product_type": "Cocoa"}))])
    assert [problem.path for problem in checked.clashes.warnings] == ["1.conditions.0.category"]


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("function", ["_fetch_some", "_pack_some", "_fold_some"])
@ON_ONE_DATABASE
def test_a_process_that_is_killed_after_any_piece_leaves_the_rest_to_the_next(shop, monkeypatch, function):
    monkeypatch.setattr(wire, "A_QUERY", 1)
    monkeypatch.setattr(category_histories, "CUSTOMERS_AT_ONCE", 1)
    monkeypatch.setattr(category_histories, "ORDERS_AT_ONCE", 1)
    buyers = [buys(shop, BEANS, CUPS) for _ in range(3)]
    shop.install()
    shop.save_segments(BUYERS)
    real, kills = getattr(products, function), [2]

    def dies(*arguments: Any) -> bool:
        more: bool = real(*arguments)
        kills[0] -= more
        if more and kills[0] >= 0:
            raise Killed
        return more

    monkeypatch.setattr(products, function, dies)
    for _ in range(30):
        work_until_killed(shop)
    shop.store.put_product(shop.handle, BEANS, product_type="Tea")
    shop.store.put_product(shop.handle, CUPS, product_type="Coffee")
    for _ in range(30):
        work_until_killed(shop)
    shop.sync()
    assert (shop.tagged("coffee"), kills[0] <= 0) == (sorted(buyers), True)


def work_until_killed(shop: InstalledShop) -> None:
    shop.drain()
    work_on_runs.work_on_runs(shop.id)
    with suppress(Killed):
        fetch_products.fetch_products(shop.id)
