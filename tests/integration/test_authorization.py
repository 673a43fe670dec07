"""Installing by authorization code, as a browser walks it, and what anybody else may try on the way."""

import base64
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import select

from dev_store import authorization
from dev_store.access import AppCredentials
from plugin import clock, config
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.shop import shops
from tests.conftest import start
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, open_app
from tests.support.turmoil import calls, later

pytestmark = ON_ONE_DATABASE

OTHER = "another-store.myshopify.com"


@pytest.fixture
def visitor(new_shop, door, shopify, monkeypatch) -> "Browser":
    """A merchant's browser that Shopify has sent to install the app."""
    monkeypatch.setenv("APP_URL", door.url)
    return Browser(new_shop(), shopify)


class Browser:
    """Follows redirects between the app (in this process) and Shopify."""

    def __init__(self, shop: InstalledShop, shopify) -> None:
        self.shop, self.client, self._shopify = shop, shop.app.test_client(), shopify

    def visit(self, address: str) -> Any:
        """The app's answer; the host in the address is ours, whatever it is."""
        parts = urlsplit(address)
        return self.client.get(f"{parts.path}?{parts.query}")

    def begin(self) -> dict[str, str]:
        """Come from Shopify, be sent to grant the scopes and be sent back: the parameters of the way back."""
        sent = self.visit(self.shop.store.install_link(self.shop.handle))
        assert sent.status_code == 302
        with self._shopify.shopify() as http:
            back = http.get(sent.headers["Location"]).headers["location"]
        assert urlsplit(back).path == "/auth/callback"
        return dict(parse_qsl(urlsplit(back).query))

    def come_back(self, **given: str) -> Any:
        return self.client.get("/auth/callback", query_string=given)


def signed(given: dict[str, str], secret: str | None = None, **changed: str | None) -> dict[str, str]:
    """Parameters signed anew, as Shopify signs them, with some changed or left out (None)."""
    kept = {name: value for name, value in {**given, **changed}.items() if value is not None and name != "hmac"}
    app = AppCredentials("any", secret or config.current().client_secret)
    return dict(parse_qsl(authorization.signed_query(app, kept), keep_blank_values=True))


def installed() -> list[str]:
    with db.read() as session:
        return [shop.domain for shop in session.scalars(select(Shop)) if shop.access_token]


def test_a_browser_is_led_through_and_ends_in_the_admin_with_the_app_installed(visitor):
    answer = visitor.come_back(**visitor.begin())
    handle = visitor.shop.handle
    assert answer.headers["Location"] == f"https://admin.shopify.com/store/{handle}/apps/{config.current().client_id}"
    assert installed() == [visitor.shop.domain]
    visitor.shop.id = open_app(visitor.shop.store, handle)
    buyers = visitor.shop.buyers(2)
    visitor.shop.settle()
    assert visitor.shop.tagged("first-time") == buyers
    assert [grant for grant, _ in calls(visitor.shop) if grant != "admin"] == ["code"]


def test_the_state_cookie_is_for_this_walk_only(visitor, monkeypatch):
    monkeypatch.setenv("APP_URL", "https://regulars.test")
    start()
    (cookie,) = SimpleCookie(visitor.visit(visitor.shop.store.install_link(visitor.shop.handle)).headers["Set-Cookie"])
    told = SimpleCookie(visitor.visit(visitor.shop.store.install_link(visitor.shop.handle)).headers["Set-Cookie"])[
        cookie
    ]
    kept = {name: told[name] for name in ("secure", "httponly", "samesite", "path", "max-age", "domain")}
    assert kept == {
        "secure": True,
        "httponly": True,
        "samesite": "Lax",
        "path": "/auth",
        "max-age": "600",
        "domain": "",
    }


FORGERIES = {
    "unsigned": lambda given: {name: value for name, value in given.items() if name != "hmac"},
    "another signature": lambda given: given | {"hmac": "0" * 64},
    "a signature that is no ASCII": lambda given: given | {"hmac": "\u00fc" * 64},
    "an empty signature": lambda given: given | {"hmac": ""},
    "an invented secret": lambda given: signed(given, "an-invented-secret"),
    "another shop": lambda given: given | {"shop": OTHER},
    "another code": lambda given: given | {"code": "invented"},
    "another state, unsigned": lambda given: given | {"state": "invented"},
    "another state, signed": lambda given: signed(given, state="invented"),
    "no state": lambda given: signed(given, state=None),
    "an empty state": lambda given: signed(given, state=""),
    "a state that is no ASCII": lambda given: signed(given, state="\u00fc"),
    "one more parameter": lambda given: given | {"locale": "en"},
    "eleven minutes ago": lambda given: signed(given, timestamp=str(int(clock.now().timestamp()) - 660)),
    "eleven minutes ahead": lambda given: signed(given, timestamp=str(int(clock.now().timestamp()) + 660)),
    "no time": lambda given: signed(given, timestamp=None),
    "an odd time": lambda given: signed(given, timestamp="\u0661\u0662"),
    "a time with a sign": lambda given: signed(given, timestamp="-1"),
    "no code": lambda given: signed(given, code=None),
    "an empty code": lambda given: signed(given, code=""),
    "a long code": lambda given: signed(given, code="c" * 513),
    "no shop": lambda given: signed(given, shop=None),
    "a shop elsewhere": lambda given: signed(given, shop="evil.test/x.myshopify.com"),
    "a shop in other letters": lambda given: signed(given, shop=given["shop"].upper()),
    "a shop with a line's end": lambda given: signed(given, shop=given["shop"] + "\n"),
}


def test_nothing_forged_installs_anything_or_reaches_shopify(visitor):
    given = visitor.begin()
    for name, forged in FORGERIES.items():
        answer = visitor.come_back(**forged(given))
        assert (name, answer.status_code, answer.headers.get("Location")) == (name, 400, None)
    with db.read() as session:
        assert session.scalars(select(Shop)).all() == []
    assert calls(visitor.shop) == []
    assert visitor.come_back(**given).status_code == 302


def test_the_way_back_is_for_the_browser_that_began(visitor):
    given = visitor.begin()
    visitor.client = visitor.shop.app.test_client()
    assert visitor.come_back(**given).status_code == 400
    visitor.client.set_cookie("regulars_state", "", path="/auth")
    assert visitor.come_back(**signed(given, state="")).status_code == 400
    assert calls(visitor.shop) == []


def test_the_secret_being_rotated_out_still_signs(visitor):
    given = visitor.begin()
    assert visitor.come_back(**signed(given, config.current().old_client_secret)).status_code == 302
    assert installed() == [visitor.shop.domain]


def test_a_state_is_good_once(visitor):
    given = visitor.begin()
    assert [visitor.come_back(**given).status_code for _ in range(2)] == [302, 400]
    assert calls(visitor.shop).count(("code", 200)) == 1


def test_a_code_used_again_is_refused_and_changes_nothing(visitor):
    used = visitor.begin()
    visitor.come_back(**used)
    visitor.shop.id = open_app(visitor.shop.store, visitor.shop.handle)
    visitor.shop.store.uninstall(visitor.shop.handle)
    visitor.shop.work()
    again = visitor.begin()
    assert visitor.come_back(**signed(again, code=used["code"])).status_code == 400
    assert visitor.shop.row().uninstalled_at
    assert installed() == []
    assert visitor.come_back(**again).status_code == 302
    assert installed() == [visitor.shop.domain]


PLACES = (
    "evil.test/admin",
    "admin.shopify.com.evil.test/store/demo",
    "admin.shopify.com/store/demo@evil.test",
    "admin.shopify.com@evil.test/store/demo",
    "admin.shopify.com/store/../../logout?to=demo",
    "admin.shopify.com/store/demo\n.evil.test",
    "evil.test#admin.shopify.com/store/demo",
    "evil.test/demo.myshopify.com/admin",
    "",
    "\u00fc",
)


def test_no_host_leads_elsewhere(visitor):
    visitor.come_back(**visitor.begin())
    home = f"https://{visitor.shop.domain}/admin/apps/{config.current().client_id}"
    link = dict(parse_qsl(urlsplit(visitor.shop.store.install_link(visitor.shop.handle)).query))
    for host in (
        *(base64.urlsafe_b64encode(place.encode()).decode() for place in PLACES),
        "\u00fc",
        "YQ",
        "/w==",
    ):
        for path in ("/app", "/auth"):
            answer = visitor.client.get(path, query_string=signed(link, host=host))
            assert (answer.status_code, answer.headers["Location"]) == (302, home)


def test_when_shopify_fails_the_merchant_is_told_and_may_begin_again(visitor):
    for kind in ("503", "cut", "402", "404"):
        given = visitor.begin()
        visitor.shop.store.fault(kind, target="oauth", shop=visitor.shop.handle)
        answer = visitor.come_back(**given)
        assert (answer.status_code, b"not installed" in answer.data) == (503, True)
        with db.read() as session:
            assert shops.by_domain(session, visitor.shop.domain) is None
        visitor.shop.store.clear_faults()
    assert visitor.come_back(**visitor.begin()).status_code == 302
    assert installed() == [visitor.shop.domain]


def test_a_link_that_somebody_kept_is_of_no_use(visitor):
    link = visitor.shop.store.install_link(visitor.shop.handle)
    later(visitor.shop, authorization_life())
    for path in ("/app", "/auth"):
        answer = visitor.client.get(f"{path}?{urlsplit(link).query}")
        assert "Set-Cookie" not in answer.headers
        assert "/admin/oauth/" not in answer.headers.get("Location", "")


def authorization_life():
    from plugin.shopify import authorization as ours

    return ours.GOOD_FOR
