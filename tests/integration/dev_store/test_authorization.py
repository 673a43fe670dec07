"""The authorization-code grant of the development store: what it refuses, what it signs, what a code is good for."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import shopify

from tests.integration.dev_store.conftest import Installed
from tests.support.webhook_receiver import WebhookReceiver

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def authorize(shop: Installed, app: WebhookReceiver, **changes: str) -> httpx.Response:
    asked = {
        "client_id": shop.store.client_id,
        "scope": "read_orders,write_customers",
        "redirect_uri": f"{app.url}/auth/callback",
        "state": "a-nonce",
    }
    return shop.http.get(f"https://{shop.domain}/admin/oauth/authorize", params=asked | changes)


def returned(answer: httpx.Response) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def redeem(shop: Installed, code: str, **changes: Any) -> httpx.Response:
    form = {"client_id": shop.store.client_id, "client_secret": shop.store.client_secret, "code": code, "expiring": "1"}
    return shop.http.post(f"https://{shop.domain}/admin/oauth/access_token", data=form | changes)


def is_signed(given: dict[str, str], secret: str) -> bool:
    shopify.Session.setup(api_key="any", secret=secret)
    signed: bool = shopify.Session.validate_hmac(given)
    return signed


def test_an_approved_request_leads_back_to_the_app(shop: Installed, app: WebhookReceiver) -> None:
    shop.dev.set_clock(NOON)
    answer = authorize(shop, app)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{app.url}/auth/callback?")
    given = returned(answer)
    assert given.keys() == {"code", "hmac", "host", "shop", "state", "timestamp"}
    assert (given["shop"], given["state"]) == (shop.domain, "a-nonce")
    assert given["timestamp"] == str(int(NOON.timestamp()))
    assert base64.b64decode(given["host"] + "==").decode() == f"admin.shopify.com/store/{shop.handle}"


def test_what_leads_back_is_signed_as_shopifys_library_checks_it(shop: Installed, app: WebhookReceiver) -> None:
    given = returned(authorize(shop, app))
    assert is_signed(given, shop.store.client_secret)
    assert not is_signed(given | {"shop": "other.myshopify.com"}, shop.store.client_secret)


def test_the_link_to_an_app_that_is_not_installed_is_signed(shop: Installed, app: WebhookReceiver) -> None:
    link = urlsplit(shop.dev.install_link(shop.handle))
    given = {name: values[0] for name, values in parse_qs(link.query).items()}
    assert f"{link.scheme}://{link.netloc}{link.path}" == f"{app.url}/app"
    assert given.keys() == {"hmac", "host", "shop", "timestamp"}
    assert is_signed(given, shop.store.client_secret)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "somebody-else"},
        {"redirect_uri": "https://elsewhere.test/auth/callback"},
        {"redirect_uri": "{app}@elsewhere.test/"},
        {"redirect_uri": ""},
    ],
    ids=lambda changes: "=".join(*changes.items()),
)
def test_a_request_of_another_app_or_to_another_place_is_refused(
    shop: Installed, app: WebhookReceiver, changes: dict[str, str]
) -> None:
    answer = authorize(shop, app, **{name: text.format(app=app.url) for name, text in changes.items()})
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_a_code_is_redeemed_for_an_expiring_pair(shop: Installed, app: WebhookReceiver) -> None:
    answer = redeem(shop, returned(authorize(shop, app))["code"]).json()
    assert (answer["expires_in"], answer["refresh_token_expires_in"]) == (3600, 7_776_000)
    assert shop.post("{shop{name}}", token=answer["access_token"]).status_code == 200


def test_without_expiring_a_code_gives_a_token_that_never_ends(shop: Installed, app: WebhookReceiver) -> None:
    code = returned(authorize(shop, app))["code"]
    assert redeem(shop, code, expiring="0").json().keys() == {"access_token", "scope"}


def test_a_code_is_good_once_and_for_ten_minutes_only(shop: Installed, app: WebhookReceiver) -> None:
    shop.dev.set_clock(NOON)
    used, late = (returned(authorize(shop, app))["code"] for _ in range(2))
    assert [redeem(shop, used).status_code for _ in range(2)] == [200, 400]
    shop.dev.set_clock(NOON + timedelta(minutes=10))
    for code in (late, "invented"):
        answer = redeem(shop, code)
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def test_a_code_of_another_shop_is_refused(
    shop: Installed, app: WebhookReceiver, install: Callable[..., Installed]
) -> None:
    assert redeem(install(), returned(authorize(shop, app))["code"]).status_code == 400


def test_a_code_with_a_wrong_secret_is_refused_and_stays_good(shop: Installed, app: WebhookReceiver) -> None:
    code = returned(authorize(shop, app))["code"]
    assert redeem(shop, code, client_secret="guessed").json() == {"error": "invalid_client"}
    assert redeem(shop, code).status_code == 200


def test_authorizing_adds_the_scopes_and_tells_an_installed_app(shop: Installed, app: WebhookReceiver) -> None:
    shop.dev.grant_scopes(shop.handle, ["read_orders"])
    authorize(shop, app, scope="write_customers, write_discounts")
    assert {"read_orders", "write_customers", "write_discounts"} <= set(shop.dev.shop(shop.handle)["scopes"])
    shop.dev.wait_for_deliveries(5)
    told = app.of(shop.handle, "app/scopes_update")[-1].json
    assert (told["previous"], told["current"]) == (
        ["read_orders"],
        ["read_orders", "write_customers", "write_discounts"],
    )
