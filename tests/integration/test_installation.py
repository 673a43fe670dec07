"""Opening the app: installed once, tokens kept secret and alive, and what happens when they are not."""

import threading

import pytest
from sqlalchemy import text

from plugin import queues
from plugin.db import session as db
from plugin.db.models import Segment, Shop
from plugin.segments import presets
from plugin.shop import installation, shops, tokens
from plugin.shopify import errors, http, id_tokens
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, open_app


@pytest.fixture
def asked(connected) -> list[str]:
    """What Shopify is asked from now on: a token exchange, a refresh, or the Admin API."""
    found: list[str] = []

    def note(request):
        if not request.url.path.endswith("/access_token"):
            found.append("admin")
        else:
            found.append("refresh" if b'"refresh_token"' in request.content else "exchange")

    http.client().event_hooks["request"].append(note)
    return found


def everything_stored(settings) -> str:
    """All that lies in the database's shops and in Redis, as text."""
    with db.read() as session:
        rows = str([tuple(row) for row in session.execute(text("SELECT * FROM shops"))])
    values = [str(queues.connection().dump(key)) for key in queues.connection().keys("*")]
    file = settings.database_url.removeprefix("sqlite:///")
    if file != settings.database_url:
        for end in ("", "-wal"):
            with open(file + end, "rb") as content:  # noqa: PTH123 - the URL's path is a text
                rows += str(content.read())
    return rows + "".join(values)


def test_the_first_opening_stores_encrypted_tokens_default_segments_and_an_import(new_shop, settings):
    shop = new_shop()
    shop.id = open_app(shop.store, shop.handle)
    token = shops.admin_client(shop.id)._token
    stored = everything_stored(settings)
    assert token.startswith("shpat_")
    assert token.removeprefix("shpat_") not in stored
    assert "shpat_" not in stored
    assert "shprt_" not in stored
    assert [s.definition["tag"] for s in shop.rows(Segment, Segment.position)] == [d["tag"] for d in presets.DEFAULTS]
    assert [(run.kind, run.state) for run in shop.runs()] == [("import", "queued")]
    assert (shop.row().currency, shop.row().timezone) == ("USD", "America/New_York")
    assert {"read_orders", "write_customers"} <= set(shop.row().scopes.split(","))


@ON_ONE_DATABASE
def test_the_second_opening_does_nothing(shop, asked):
    before = shop.row()
    assert open_app(shop.store, shop.handle) == shop.id
    assert asked == []
    assert (shop.row().access_token, len(shop.runs())) == (before.access_token, 1)


def at_once(work, count: int = 4) -> list:
    """Do the same in several threads that begin together; what they return or raise."""
    ready, outcomes = threading.Barrier(count), []

    def one():
        ready.wait()
        try:
            outcomes.append(work())
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_first_openings_at_once_install_one_shop(new_shop):
    shop = new_shop()
    token = id_tokens.verify(shop.store.id_token(shop.handle))
    shop.id, *others = at_once(lambda: installation.ensure_installed(token))
    assert others == [shop.id] * 3
    assert len(shop.runs()) == 1
    assert len(shop.rows(Segment, Segment.position)) == len(presets.DEFAULTS)
    shop.settle()
    assert shop.row().token_error is None


@ON_ONE_DATABASE
def test_an_id_token_too_old_for_the_exchange_installs_nothing(new_shop):
    shop = new_shop()
    token = id_tokens.verify(shop.store.id_token(shop.handle))
    shop.store.set_clock("+120")
    with pytest.raises(errors.InvalidSubjectToken):
        installation.ensure_installed(token)
    with db.read() as session:
        assert shops.by_domain(session, shop.domain) is None


@pytest.mark.parametrize("kind", ["503", "cut"])
@ON_ONE_DATABASE
def test_an_installation_that_fails_half_way_is_made_good_by_opening_again(new_shop, kind):
    shop = new_shop()
    shop.store.fault(kind, target="oauth", shop=shop.handle, after=True, remaining=3)
    shop.store.fault(kind, shop=shop.handle, after=True, remaining=3)
    for _ in range(2):
        with pytest.raises(errors.ShopUnavailable):
            open_app(shop.store, shop.handle)
    shop.store.clear_faults()
    shop.install()
    assert (shop.runs()[-1].state, shop.row().token_error) == ("done", None)


def test_an_ending_access_token_is_refreshed_once_before_a_job(shop, asked):
    (buyer,) = shop.buyers(1)
    shop.drain()
    shop.store.set_clock("+3400")
    shop.sync()
    assert (asked, shop.tags(buyer)) == (["refresh", "admin"], ["first-time"])
    shop.buy(buyer)
    shop.drain()
    shop.sync()
    assert asked == ["refresh", "admin", "admin"]


def test_workers_at_once_refresh_once(shop, asked):
    shop.store.set_clock("+3400")
    clients = at_once(lambda: shops.admin_client(shop.id))
    assert asked == ["refresh"]
    assert {client._token for client in clients} == {shops.admin_client(shop.id)._token}


@ON_ONE_DATABASE
def test_a_refresh_whose_answer_was_lost_is_made_up_for(shop, asked):
    (buyer,) = shop.buyers(1)
    shop.drain()
    shop.store.set_clock("+3400")
    shop.store.fault("cut", target="oauth", shop=shop.handle, after=True, remaining=1)
    shop.sync()
    assert (shop.tags(buyer), shop.row().token_error) == ([], None)
    shop.sync()
    assert shop.tags(buyer) == ["first-time"]


def revoke(shop: InstalledShop) -> None:
    shop.store.revoke_tokens(shop.handle)


def let_die(shop: InstalledShop) -> None:
    shop.store.set_clock(f"+{91 * 86_400}")


@pytest.mark.parametrize("end", [revoke, let_die])
@ON_ONE_DATABASE
def test_without_tokens_work_pauses_until_the_merchant_opens_the_app(shop, end, asked):
    shop.buyers(2)
    shop.settle()
    end(shop)
    late = shop.buy()["customer"]["id"]
    shop.work()
    assert shop.row().token_error
    asked.clear()
    later = shop.buy()["customer"]["id"]
    shop.work()
    assert asked == []
    assert shop.tags(late) == shop.tags(later) == []
    open_app(shop.store, shop.handle)
    shop.settle()
    assert shop.row().token_error is None
    assert shop.tags(late) == shop.tags(later) == ["first-time"]


@ON_ONE_DATABASE
def test_an_import_cut_short_by_dead_tokens_is_done_after_the_next_opening(new_shop):
    shop = new_shop()
    buyers = shop.buyers(3)
    shop.id = open_app(shop.store, shop.handle)
    revoke(shop)
    shop.work()
    assert shop.tagged("first-time") == []
    shop.install()
    assert shop.tagged("first-time") == buyers


@ON_ONE_DATABASE
def test_tokens_are_not_shown_when_the_endpoint_fails(shop, caplog, capsys):
    caplog.set_level("DEBUG")
    token = shops.admin_client(shop.id)._token
    with db.read() as session:
        refresh_token = tokens.box().decrypt(session.get_one(Shop, shop.id).refresh_token).decode()
    shop.store.set_clock("+3400")
    revoke(shop)
    with pytest.raises(errors.TokenRejected) as raised:
        shops.admin_client(shop.id)
    shown = "".join((*capsys.readouterr(), caplog.text, repr(raised.getrepr(showlocals=False))))
    for secret in (token, refresh_token, "a-client-secret"):
        assert secret not in shown
