"""A shop's tokens in bad company: they end early, are lost on the way, refused, raced for, and their keys change."""

import signal
import threading
from datetime import timedelta

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from sqlalchemy import select

from plugin.cli import cli
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.shop import installation, shops, tokens
from plugin.shopify import access_tokens, authorization, errors, http
from tests.conftest import start
from tests.support import turmoil
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, open_app
from tests.support.scripted import ScriptedShop
from tests.support.turmoil import after_token_answer, before_call, calls, dead_repeated
from workers import keep_tokens

DAY = 86_400


@pytest.fixture
def journal(shop) -> InstalledShop:
    """The shop, with a journal of calls that begins now."""
    shop.store.forget_calls()
    return shop


def expire(shop) -> None:
    shop.store.expire_tokens(shop.handle)


@ON_ONE_DATABASE
def test_a_token_that_ends_early_is_renewed_once(shop):
    (buyer,) = shop.buyers(1)
    shop.drain()
    expire(shop)
    shop.store.forget_calls()
    shop.sync()
    assert shop.tags(buyer) == ["first-time"]
    assert calls(shop) == [("admin", 401), ("refresh", 200), ("admin", 200)]


@pytest.mark.parametrize("lost", [1, 3])
@ON_ONE_DATABASE
def test_a_token_that_ends_early_while_no_other_is_to_be_had_neither_stops_the_shop_nor_is_shown_again(shop, lost):
    (buyer,) = shop.buyers(1)
    shop.drain()
    expire(shop)
    shop.store.forget_calls()
    shop.store.fault("cut", target="oauth", shop=shop.handle, remaining=lost)
    shop.sync()
    assert (shop.row().token_error, shop.tags(buyer)) == (None, ["first-time"] if lost == 1 else [])
    shop.store.clear_faults()
    shop.sync()
    assert shop.tags(buyer) == ["first-time"]
    assert dead_repeated(shop) == []
    assert shop.row().trouble is None


@ON_ONE_DATABASE
def test_an_import_goes_on_when_its_tokens_end_between_calls(new_shop):
    shop = new_shop()
    buyers = shop.buyers(3)
    shop.id = open_app(shop.store, shop.handle)
    for count in (2, 4, 6):
        before_call(count, lambda: expire(shop))
    shop.settle()
    assert shop.tagged("first-time") == buyers
    assert [status for _, status in calls(shop)].count(401) == 3
    assert dead_repeated(shop) == []


@ON_ONE_DATABASE
def test_writing_many_tags_goes_on_when_the_token_ends_in_the_middle(new_shop):
    shop = new_shop(plan="plus")
    buyers = shop.buyers(100)
    shop.id = open_app(shop.store, shop.handle)
    before_call(2, lambda: expire(shop), part=b"tagsAdd")
    shop.settle()
    assert shop.tagged("first-time") == buyers
    assert calls(shop).count(("refresh", 200)) == 1
    assert {change.outcome for change in shop.changes()} == {"written"}


@ON_ONE_DATABASE
def test_a_token_refused_though_fresh_stops_the_shop_and_is_not_tried_again(shop):
    shop.buyers(1)
    shop.drain()
    expire(shop)
    after_token_answer(lambda: expire(shop))
    shop.store.forget_calls()
    for _ in range(3):
        shop.work()
    assert calls(shop) == [("admin", 401), ("refresh", 200), ("admin", 401)]
    assert (shop.row().trouble, bool(shop.row().token_error)) == ("TokenRejected", True)


@ON_ONE_DATABASE
def test_a_dead_refresh_token_is_shown_once_and_opening_the_app_heals(shop):
    buyers = shop.buyers(2)
    shop.store.revoke_tokens(shop.handle)
    shop.store.forget_calls()
    for _ in range(3):
        shop.work()
    keep_tokens.keep_tokens()
    shop.work()
    assert calls(shop) == [("admin", 401), ("refresh", 400)]
    open_app(shop.store, shop.handle)
    shop.settle()
    assert shop.tagged("first-time") == buyers
    assert (shop.row().trouble, shop.row().token_error) == (None, None)


REFRESH = """
import sys, hashlib
from plugin.shop import shops
sys.stdin.readline()
print(hashlib.sha256(shops.admin_client(int(sys.argv[1]))._token.encode()).hexdigest()[:12])
"""


def test_two_processes_refresh_once(journal):
    journal.store.set_clock("+3400")
    running = [turmoil.process(REFRESH, journal.id) for _ in range(2)]
    for each in running:
        each.stdin.write("go\n")
        each.stdin.flush()
    (first, _), (second, _) = (turmoil.said(each) for each in running)
    assert first
    assert first == second
    assert calls(journal) == [("refresh", 200)]


KILLED = """
import sys
from plugin.shop import shops
from plugin.shopify import http
import os, signal
http.client().event_hooks["response"].append(lambda answer: os.kill(os.getpid(), signal.SIGKILL))
shops.admin_client(int(sys.argv[1]))
"""


def test_a_process_killed_between_the_answer_and_the_commit_loses_nothing(journal, monkeypatch):
    journal.store.set_clock("+3400")
    assert turmoil.said(turmoil.process(KILLED, journal.id, LEASE_SECONDS="1"))[1] == -signal.SIGKILL
    (buyer,) = journal.buyers(1)
    journal.settle()
    assert journal.tags(buyer) == ["first-time"]
    assert [call for call in calls(journal) if call[0] == "refresh"] == [("refresh", 200)] * 2
    journal.store.set_clock("+7400")
    journal.buy(buyer)
    journal.settle()
    assert journal.tags(buyer) == ["repeat"]
    assert journal.row().token_error is None


REFUSED = {"402": "ShopFrozen", "403": "EgressRefused", "404": "ShopGone", "423": "ShopLocked"}


@pytest.mark.parametrize("status", REFUSED)
@ON_ONE_DATABASE
def test_a_refused_refresh_is_named_left_alone_for_a_while_and_then_made_good(shop, status):
    (buyer,) = shop.buyers(1)
    shop.drain()
    shop.store.set_clock("+3400")
    shop.store.fault(status, target="oauth", shop=shop.handle)
    shop.store.forget_calls()
    for _ in range(3):
        shop.work()
    assert (shop.row().trouble, shop.row().token_error) == (REFUSED[status], None)
    assert calls(shop) == [("refresh", int(status))]
    shop.store.clear_faults()
    shop.store.set_clock(shop.row().paused_until + timedelta(seconds=1))
    shop.settle()
    assert (shop.tags(buyer), shop.row().trouble) == (["first-time"], None)


@pytest.mark.parametrize("kind", ["500", "429", "cut"])
@ON_ONE_DATABASE
def test_a_refresh_that_fails_for_now_keeps_the_pair(shop, kind):
    (buyer,) = shop.buyers(1)
    shop.drain()
    shop.store.set_clock("+3400")
    pair = shop.row().refresh_token
    shop.store.fault(kind, target="oauth", shop=shop.handle)
    shop.sync()
    assert (shop.row().trouble, shop.row().token_error) == ("ShopUnavailable", None)
    assert shop.row().refresh_token == pair
    shop.store.clear_faults()
    shop.sync()
    assert (shop.tags(buyer), shop.row().trouble) == (["first-time"], None)


WHOLE = {
    "access_token": "shpat_a",
    "expires_in": 3600,
    "refresh_token": "shprt_a",
    "refresh_token_expires_in": 7_776_000,
}
ODD_ANSWERS = (
    b'{"access_token": "shpat_a", "exp',
    b"null",
    b"[]",
    b"\xff\xfe",
    {},
    WHOLE | {"scope": "read_orders", "access_token": ""},
    WHOLE | {"scope": "read_orders", "access_token": 7},
    WHOLE | {"scope": "read_orders", "access_token": "shpat_a\r\nHost: elsewhere"},
    WHOLE | {"scope": "read_orders", "access_token": None},
    WHOLE | {"scope": "read_orders", "refresh_token": None},
    WHOLE | {"scope": "read_orders", "refresh_token": ""},
    WHOLE | {"scope": "read_orders", "refresh_token": ["shprt_a"]},
    WHOLE | {"scope": "read_orders", "expires_in": None},
    WHOLE | {"scope": "read_orders", "expires_in": "soon"},
    WHOLE | {"scope": "read_orders", "expires_in": 10**18},
    WHOLE | {"scope": None},
    WHOLE | {"scope": ["read_orders"]},
    {"access_token": "shpat_never_ends", "scope": "read_orders"},
)


def obtain_refreshed(shop: InstalledShop):
    return access_tokens.refresh(http.client(), shop.domain, "read_orders", "shprt_old")


def obtain_redeemed(shop: InstalledShop):
    return authorization.exchange(http.client(), shop.domain, "a-code")


def obtain_opening(shop: InstalledShop):
    return open_app(shop.store, shop.handle)


@pytest.mark.parametrize("obtain", [obtain_refreshed, obtain_redeemed, obtain_opening])
@ON_ONE_DATABASE
def test_an_odd_answer_of_the_token_endpoint_is_an_error_of_shopifys_and_stores_nothing(new_shop, monkeypatch, obtain):
    shop = new_shop()
    for answer in ODD_ANSWERS:
        with ScriptedShop(answer) as scripted:
            monkeypatch.setenv("SHOPIFY_URL", scripted.url)
            start()
            with pytest.raises((errors.ShopUnavailable, errors.TokenRejected)):
                obtain(shop)
    with db.read() as session:
        assert session.scalars(select(Shop)).all() == []


@pytest.mark.parametrize("words", [{"error": "invalid_request"}, {"error": "application_gone"}, b"<html>"])
@ON_ONE_DATABASE
def test_a_refresh_token_refused_in_whatever_words_is_dead(connected, monkeypatch, words):
    with ScriptedShop(words, status=400) as scripted:
        monkeypatch.setenv("SHOPIFY_URL", scripted.url)
        start()
        with pytest.raises(errors.TokenRejected):
            access_tokens.refresh(http.client(), "demo.myshopify.com", "read_orders", "shprt_old")


@ON_ONE_DATABASE
def test_idle_shops_stay_connected_for_a_year_without_a_refresh_too_many(journal):
    for days in range(0, 365, 30):
        journal.store.set_clock(f"+{days * DAY}")
        keep_tokens.keep_tokens()
        journal.work()
    assert calls(journal) == [("refresh", 200)] * 12
    (buyer,) = journal.buyers(1)
    journal.settle()
    assert journal.tags(buyer) == ["first-time"]


@ON_ONE_DATABASE
def test_tokens_that_are_dead_or_dropped_are_not_kept_alive(new_shop):
    dead, gone = new_shop(), new_shop()
    for shop in (dead, gone):
        shop.install()
    dead.store.revoke_tokens(dead.handle)
    dead.buyers(1)
    dead.work()
    gone.store.uninstall(gone.handle)
    gone.work()
    dead.store.forget_calls()
    dead.store.set_clock(f"+{40 * DAY}")
    keep_tokens.keep_tokens()
    for shop in (dead, gone):
        shop.work()
        assert calls(shop) == []


def with_keys(monkeypatch, *keys: str) -> None:
    monkeypatch.setenv("TOKEN_KEYS", ",".join(keys))
    start()


def rotate() -> str:
    result = CliRunner().invoke(cli, ["keys", "rotate"], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_keys_are_rotated_without_losing_a_token(shop, settings, monkeypatch):
    old, new = settings.token_keys[0], Fernet.generate_key().decode()
    token = shops.admin_client(shop.id)._token
    with_keys(monkeypatch, new, old)
    assert "1 shops" in rotate()
    with_keys(monkeypatch, new)
    assert shops.admin_client(shop.id)._token == token
    shop.store.set_clock("+3400")
    assert shops.admin_client(shop.id)._token != token


@ON_ONE_DATABASE
def test_tokens_that_no_key_opens_are_named_and_opening_the_app_once_heals(shop, monkeypatch):
    (buyer,) = shop.buyers(1)
    shop.drain()
    with_keys(monkeypatch, Fernet.generate_key().decode())
    assert shop.domain in rotate()
    open_app(shop.store, shop.handle)
    shop.settle()
    assert shop.tags(buyer) == ["first-time"]


@pytest.mark.parametrize("answered", [200, 400])
@ON_ONE_DATABASE
def test_a_pair_refreshed_before_a_reinstallation_does_not_replace_the_pair_from_after_it(shop, answered):
    def leave_and_come_back():
        shop.store.uninstall(shop.handle)
        shop.work()
        open_app(shop.store, shop.handle)

    shop.store.set_clock("+3400")
    if answered == 400:
        with db.write() as session:
            session.get_one(Shop, shop.id).refresh_token = tokens.box().encrypt(b"shprt_dead")
    after_token_answer(leave_and_come_back)
    shops.admin_client(shop.id)
    shop.store.forget_calls()
    (buyer,) = shop.buyers(1)
    shop.settle()
    assert shop.tags(buyer) == ["first-time"]
    assert {status for _, status in calls(shop)} == {200}


def test_an_opening_while_a_refresh_is_under_way_leaves_one_working_pair(shop):
    shop.store.set_clock("+3400")
    with db.write() as session:
        session.get_one(Shop, shop.id).scopes = "read_orders"  # so that opening the app asks for another pair
    shop.store.fault("timeout", target="oauth", shop=shop.handle, after=True, remaining=1, seconds=0.5)
    refreshing = threading.Thread(target=tokens.usable, args=(shop.id,))
    refreshing.start()
    open_app(shop.store, shop.handle)
    refreshing.join()
    with db.read() as session:
        assert installation.works(session.get_one(Shop, shop.id), shop.store.now())
    shop.store.forget_calls()
    (buyer,) = shop.buyers(1)
    shop.settle()
    assert shop.tags(buyer) == ["first-time"]
    assert {status for _, status in calls(shop)} == {200}
