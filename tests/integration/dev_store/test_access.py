"""Tokens of the development store: who gets them, how long they last, what happens to old ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.integration.dev_store.conftest import Installed, exchange

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def refresh(shop: Installed, token: str) -> httpx.Response:
    form = {"client_id": shop.store.client_id, "client_secret": shop.store.client_secret}
    form |= {"grant_type": "refresh_token", "refresh_token": token}
    return shop.http.post(f"https://{shop.domain}/admin/oauth/access_token", json=form)


def grant(shop: Installed, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = exchange(shop.store, shop.http, shop.handle, **changes).json()
    return answer


def test_an_id_token_is_exchanged_for_an_expiring_pair(shop: Installed) -> None:
    answer = grant(shop)
    assert answer["access_token"].startswith("shpat_")
    assert answer["refresh_token"].startswith("shprt_")
    assert (answer["expires_in"], answer["refresh_token_expires_in"]) == (3600, 7_776_000)


def test_the_scope_of_a_grant_leaves_out_what_a_write_scope_implies(shop: Installed) -> None:
    assert grant(shop)["scope"] == "read_all_orders,read_customer_merge,read_orders,write_customers,write_discounts"


def test_without_expiring_the_token_never_ends_and_has_no_refresh_token(shop: Installed) -> None:
    answer = grant(shop, expiring=0)
    shop.dev.set_clock("+99999999")
    assert set(answer) == {"access_token", "scope"}
    assert shop.post("{shop{name}}", token=answer["access_token"]).status_code == 200


def test_a_wrong_secret_is_an_invalid_client(shop: Installed) -> None:
    answer = exchange(shop.store, shop.http, shop.handle, client_secret="guessed")
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_a_stale_id_token_is_refused(shop: Installed) -> None:
    shop.dev.set_clock(NOON)
    stale = shop.dev.id_token(shop.handle)
    shop.dev.set_clock(NOON + timedelta(seconds=71))
    answer = exchange(shop.store, shop.http, shop.handle, subject_token=stale)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_subject_token"})


def test_an_id_token_of_another_shop_is_refused(shop: Installed) -> None:
    shop.dev.create_shop("elsewhere")
    other = shop.dev.id_token("elsewhere")
    assert grant(shop, subject_token=other) == {"error": "invalid_subject_token"}


def test_an_access_token_ends_after_an_hour_of_the_shops_time(shop: Installed) -> None:
    shop.dev.set_clock(NOON)
    token = grant(shop)["access_token"]
    shop.dev.set_clock(NOON + timedelta(minutes=59, seconds=59))
    assert shop.post("{shop{name}}", token=token).status_code == 200
    shop.dev.set_clock(NOON + timedelta(minutes=60))
    assert shop.post("{shop{name}}", token=token).status_code == 401


def test_a_refresh_gives_a_new_pair_and_leaves_the_old_access_token_alive(shop: Installed) -> None:
    answer = refresh(shop, shop.grant["refresh_token"]).json()
    assert answer["refresh_token"] != shop.grant["refresh_token"]
    for token in (answer["access_token"], shop.grant["access_token"]):
        assert shop.post("{shop{name}}", token=token).status_code == 200


def test_a_refresh_may_be_retried_until_its_replacement_is_used(shop: Installed) -> None:
    first, lost = shop.grant["refresh_token"], refresh(shop, shop.grant["refresh_token"])
    retried = refresh(shop, first)
    assert lost.status_code == retried.status_code == 200
    assert refresh(shop, retried.json()["refresh_token"]).status_code == 200
    answer = refresh(shop, first)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


def test_a_refresh_token_dies_after_ninety_days(shop: Installed) -> None:
    shop.dev.set_clock(NOON)
    token = grant(shop)["refresh_token"]
    shop.dev.set_clock(NOON + timedelta(days=90))
    assert refresh(shop, token).json() == {"error": "invalid_grant"}


def test_a_new_exchange_ends_earlier_refresh_tokens(shop: Installed) -> None:
    grant(shop)
    assert refresh(shop, shop.grant["refresh_token"]).json() == {"error": "invalid_grant"}


def test_revoked_tokens_are_refused(shop: Installed) -> None:
    shop.dev.revoke_tokens(shop.handle)
    answer = shop.post("{shop{name}}")
    assert answer.status_code == 401
    assert "Invalid API key or access token" in answer.json()["errors"]


def test_a_token_opens_its_own_shop_only(shop: Installed, install: Any) -> None:
    assert install().post("{shop{name}}", token=shop.grant["access_token"]).status_code == 401


def test_an_unknown_shop_is_not_found(shop: Installed) -> None:
    answer = shop.http.post("https://nobody.myshopify.com/admin/api/2026-10/graphql.json", json={})
    assert (answer.status_code, answer.json()) == (404, {"errors": "Not Found"})


def test_an_old_api_version_falls_forward(shop: Installed) -> None:
    assert shop.post("{shop{name}}").headers["X-Shopify-API-Version"] == "2026-10"
    assert shop.post("{shop{name}}", version="2023-01").headers["X-Shopify-API-Version"] == "2025-10"
    assert shop.post("{shop{name}}", version="newest").status_code == 404
