"""Calls to the Admin API: every way they fail is one typed error, none is repeated for ever, no token is ever shown."""

import contextlib
import logging
import time

import httpx
import pytest

from plugin.shop import shops
from plugin.shopify import admin_api, errors, http, scopes, tags, throttle
from plugin.shopify.admin_api import AdminClient, document
from plugin.shopify.tags import TagEdit
from tests.support.installed import ON_ONE_DATABASE, open_app
from tests.support.scripted import ScriptedShop
from workers import look_deeper

TOKEN = "shpat_0123456789abcdef0123456789abcdef"
DOMAIN = "scripted.myshopify.com"
INTERNAL = {"errors": [{"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
THROTTLED = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}
GOOD = {"data": {"shop": {"id": "gid://shopify/Shop/1"}}}
EDIT = TagEdit(7, add=("a",), remove=("r",))


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    throttle.of.cache_clear()
    monkeypatch.setattr(admin_api, "RETRY_SECONDS", (0.01, 0.02))


def ask(shop: ScriptedShop, patience: float = 60):
    client = httpx.Client(transport=http.DevelopmentStore(shop.url), timeout=2)
    return AdminClient(client, DOMAIN, TOKEN, "2026-10", patience).execute("{ shop { id } }")


@pytest.mark.parametrize(
    ("kind", "error", "requests"),
    [
        ("402", errors.ShopFrozen, 1),
        ("403", errors.EgressRefused, 1),
        ("404", errors.ShopGone, 1),
        ("423", errors.ShopLocked, 1),
        ("429", errors.ShopUnavailable, 3),
        ("430", errors.ShopUnavailable, 3),
        ("500", errors.ShopUnavailable, 3),
        ("502", errors.ShopUnavailable, 3),
        ("503", errors.ShopUnavailable, 3),
        ("504", errors.ShopUnavailable, 3),
        ("cut", errors.ShopUnavailable, 3),
    ],
)
@ON_ONE_DATABASE
def test_each_status_is_its_own_error_and_only_passing_ones_are_tried_again(shop, kind, error, requests):
    shop.store.fault(kind, shop=shop.handle, remaining=requests)
    shop.store.fault("423", shop=shop.handle, remaining=1)  # what one try too many would meet
    client = shops.admin_client(shop.id)
    with pytest.raises(error) as raised:
        client.execute(document("shop"))
    assert type(raised.value) is error
    with pytest.raises(errors.ShopLocked):
        client.execute(document("shop"))


@ON_ONE_DATABASE
def test_a_passing_fault_is_got_over_within_the_call(shop):
    shop.store.fault("502", shop=shop.handle, remaining=1)
    shop.store.fault("cut", shop=shop.handle, remaining=1)
    assert shops.admin_client(shop.id).execute(document("shop"))["shop"]


@ON_ONE_DATABASE
def test_what_must_not_be_done_twice_is_not_tried_again(shop):
    shop.store.fault("503", shop=shop.handle, remaining=1)
    with pytest.raises(errors.ShopUnavailable):
        shops.admin_client(shop.id).execute(document("shop"), again=False)
    assert shops.admin_client(shop.id).execute(document("shop"))


@ON_ONE_DATABASE
def test_a_shop_that_takes_too_long_is_unavailable(shop, monkeypatch):
    monkeypatch.setattr(http.client(), "timeout", httpx.Timeout(0.1))
    shop.store.fault("timeout", shop=shop.handle, remaining=3, seconds=0.5)
    began = time.monotonic()
    with pytest.raises(errors.ShopUnavailable, match="ReadTimeout"):
        shops.admin_client(shop.id).execute(document("shop"))
    assert time.monotonic() - began < 2


@ON_ONE_DATABASE
def test_a_dead_token_is_rejected_and_a_bad_document_refused(shop):
    client = shops.admin_client(shop.id)
    with pytest.raises(errors.QueryRefused, match="nonsense"):
        client.execute("{ nonsense }")
    shop.store.revoke_tokens(shop.handle)
    with pytest.raises(errors.TokenRejected):
        client.execute(document("shop"))


@ON_ONE_DATABASE
def test_an_import_without_a_scope_it_needs_waits_for_it_and_says_so(new_shop):
    shop = new_shop(scopes=["read_customers", "write_customers"])
    (buyer,) = shop.buyers(1)
    shop.id = open_app(shop.store, shop.handle)
    shop.work()
    assert (shop.runs()[-1].finished_at, shop.row().trouble, shop.row().token_error) == (None, "AccessDenied", None)
    shop.store.grant_scopes(shop.handle, [*scopes.REQUIRED, scopes.READ_ALL_ORDERS])
    shop.settle()
    assert (shop.runs()[-1].state, shop.row().trouble) == ("done", None)
    look_deeper.look_deeper()  # the list was asked for before all of the history could be seen
    shop.settle()
    assert shop.tags(buyer) == ["first-time"]


@pytest.mark.parametrize(
    ("answer", "error", "requests"),
    [
        (b"<html>Something went wrong</html>", errors.ShopUnavailable, 3),
        (b'{"data": {"shop"', errors.ShopUnavailable, 3),
        (b"\xff\xfe", errors.ShopUnavailable, 3),
        (b"", errors.ShopUnavailable, 3),
        ([GOOD], errors.ShopUnavailable, 3),
        (INTERNAL, errors.ShopUnavailable, 3),
        (INTERNAL | {"data": None}, errors.ShopUnavailable, 3),
        ({"data": None}, errors.ShopUnavailable, 1),
        ({}, errors.ShopUnavailable, 1),
        ({"errors": "Not Found"}, errors.QueryRefused, 1),
        ({"errors": {"query": "Required parameter missing"}}, errors.QueryRefused, 1),
        ({"errors": [{"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}]}, errors.AccessDenied, 1),
        ({"errors": ["words"], "data": {"shop": None}}, errors.QueryRefused, 1),
        ({"errors": [{"message": "odd", "extensions": None}, None]}, errors.QueryRefused, 1),
    ],
)
def test_answers_of_every_shape_end_in_a_typed_error(answer, error, requests):
    with ScriptedShop(answer) as shop, pytest.raises(error) as raised:
        ask(shop)
    assert type(raised.value) is error
    assert len(shop.requests) == requests


def test_an_accident_inside_shopify_is_tried_again():
    with ScriptedShop(INTERNAL, b"half", GOOD) as shop:
        assert ask(shop) == GOOD["data"]


@pytest.mark.parametrize("cost", [None, {"throttleStatus": None, "requestedQueryCost": 10}])
def test_a_shop_that_throttles_for_ever_is_given_up_when_patience_ends(cost):
    began = time.monotonic()
    with ScriptedShop(THROTTLED | {"extensions": {"cost": cost}}) as shop, pytest.raises(errors.Throttled):
        ask(shop, patience=1.5)
    assert len(shop.requests) == 2
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("half", [{"a0": None, "r0": None}, {"a0": {"userErrors": []}}, {"r0": {"userErrors": []}}, {}])
def test_half_an_answer_about_tags_is_no_answer(half):
    with ScriptedShop({"data": half or {"x": 1}}) as shop, pytest.raises(errors.ShopUnavailable):
        tags.apply(
            AdminClient(httpx.Client(transport=http.DevelopmentStore(shop.url)), DOMAIN, TOKEN, "2026-10"), [EDIT]
        )


def test_many_calls_share_one_connection():
    with ScriptedShop(GOOD) as shop:
        client = httpx.Client(transport=http.DevelopmentStore(shop.url))
        for _ in range(20):
            AdminClient(client, DOMAIN, TOKEN, "2026-10").execute("{ shop { id } }")
        client.close()
    assert (len(shop.requests), shop.connections) == (20, 1)


@pytest.mark.parametrize(("again", "answered"), [(True, 2), (False, 1)])
def test_a_kept_connection_that_is_closed_while_we_send_costs_no_call_that_can_be_made_again(again, answered):
    with ScriptedShop(GOOD, a_connection=1) as shop, httpx.Client(transport=http.DevelopmentStore(shop.url)) as client:
        admin = AdminClient(client, DOMAIN, TOKEN, "2026-10")
        admin.execute("{ shop { id } }")
        with contextlib.nullcontext() if again else pytest.raises(errors.ShopUnavailable):
            admin.execute("{ shop { id } }", again=again)
    assert len(shop.requests) == shop.connections == answered


def test_in_development_no_other_host_is_ever_called():
    with ScriptedShop(GOOD) as shop:
        client = httpx.Client(transport=http.DevelopmentStore(shop.url))
        with pytest.raises(errors.ShopUnavailable, match="ConnectError"):
            AdminClient(client, "shop.example.com", TOKEN, "2026-10").execute("{ shop { id } }")
    assert shop.requests == []


@pytest.mark.parametrize("kind", ["402", "503", "cut", "403", "revoked"])
@ON_ONE_DATABASE
def test_no_token_is_shown_in_messages_logs_or_rows(shop, kind, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    client = shops.admin_client(shop.id)
    token = client._token
    shop.buyers(1)
    shop.drain()
    if kind == "revoked":
        shop.store.revoke_tokens(shop.handle)
    else:
        shop.store.fault(kind, shop=shop.handle, remaining=6)
    with pytest.raises(errors.ShopifyError) as raised:
        client.execute(document("shop"))
    shop.sync()
    shown = "".join((*capsys.readouterr(), caplog.text, repr(raised.value), repr(client), str(shop.row().token_error)))
    assert token.startswith("shpat_")
    assert token not in shown
    assert token.removeprefix("shpat_") not in shown
