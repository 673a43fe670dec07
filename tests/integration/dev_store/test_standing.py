"""What the development store tells an app about itself: scopes, removal, the shop's data, privacy; and its calls."""

import hashlib
from collections.abc import Callable
from typing import Any

import httpx

from tests.integration.dev_store.conftest import Installed, exchange
from tests.support.webhook_receiver import WebhookReceiver

THEN = "2026-05-04T10:00:00+00:00"


def told(shop: Installed, app: WebhookReceiver, topic: str) -> list[Any]:
    assert shop.dev.wait_for_deliveries(5)
    return [received.json for received in app.of(shop.handle, topic)]


def refresh(shop: Installed) -> httpx.Response:
    form = {"client_id": shop.store.client_id, "client_secret": shop.store.client_secret}
    form |= {"grant_type": "refresh_token", "refresh_token": shop.grant["refresh_token"]}
    return shop.http.post(f"https://{shop.domain}/admin/oauth/access_token", json=form)


def known_as(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:12]


def test_a_shop_has_allowed_everything_the_app_may_ask_for(shop: Installed) -> None:
    required, optional = {"read_orders", "write_customers", "read_customers"}, {"write_discounts", "read_discounts"}
    extra = {"read_all_orders", "read_customer_merge"}
    assert set(shop.dev.shop(shop.handle)["scopes"]) == required | optional | extra


def test_other_scopes_are_announced_and_the_same_again_are_not(shop: Installed, app: WebhookReceiver) -> None:
    shop.dev.grant_scopes(shop.handle, ["write_customers"], triggered_at=THEN)
    shop.dev.grant_scopes(shop.handle, ["read_customers", "write_customers"])
    (update,) = told(shop, app, "app/scopes_update")
    assert {"read_orders", "write_customers"} <= set(update["previous"])
    assert "read_customers" not in update["previous"]  # it is implied
    assert (update["current"], update["updated_at"]) == (["write_customers"], "2026-05-04T06:00:00-04:00")
    assert update["shop_id"] == f"gid://shopify/Shop/{shop.dev.shop(shop.handle)['id']}"
    assert update.keys() == {"id", "previous", "current", "shop_id", "updated_at"}


def test_topics_go_out_only_where_their_scope_is_granted(
    install: Callable[..., Installed], app: WebhookReceiver
) -> None:
    shop = install(scopes=["read_customers"])
    kept, gone = shop.customer(), shop.customer()
    shop.dev.place_order(shop.handle, [{"price": "1.00"}], customer=kept)
    shop.dev.merge_customers(shop.handle, kept, gone)
    told(shop, app, "")
    assert set(app.topics(shop.handle)) == {"customers/create", "customers/update", "customers/purchasing_summary"}
    shop.dev.grant_scopes(shop.handle, ["read_customers", "read_customer_merge"])
    shop.dev.merge_customers(shop.handle, kept, shop.customer())
    assert told(shop, app, "customers/merge")


def test_an_uninstalled_app_is_told_of_the_shop_and_its_tokens_are_dead(shop: Installed, app: WebhookReceiver) -> None:
    shop.dev.uninstall(shop.handle, triggered_at=THEN)
    (gone,) = told(shop, app, "app/uninstalled")
    assert (gone["myshopify_domain"], gone["currency"], gone["iana_timezone"]) == (
        shop.domain,
        "USD",
        "America/New_York",
    )
    assert (gone["updated_at"], gone["plan_display_name"]) == ("2026-05-04T06:00:00-04:00", "Basic")
    assert app.of(shop.handle)[-1].headers["x-shopify-triggered-at"] == "2026-05-04T10:00:00.000000Z"
    assert shop.post("{shop{name}}").status_code == 401
    answer = refresh(shop)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


def test_opening_the_app_again_installs_it_again(shop: Installed, app: WebhookReceiver) -> None:
    shop.dev.uninstall(shop.handle)
    again = exchange(shop.store, shop.http, shop.handle).json()
    assert shop.post("{shop{name}}", token=again["access_token"]).status_code == 200
    assert refresh(shop).json() == {"error": "invalid_grant"}


def test_a_change_of_the_shop_is_told_and_takes_effect(shop: Installed, app: WebhookReceiver) -> None:
    shop.dev.update_shop(shop.handle, timezone="Europe/Berlin", plan="plus", name="Renamed", currency="EUR")
    (update,) = told(shop, app, "shop/update")
    assert (update["name"], update["currency"], update["plan_display_name"]) == ("Renamed", "EUR", "Plus")
    assert update["iana_timezone"] == "Europe/Berlin"
    answer = shop.ask("{shop{name}}")
    assert answer["data"]["shop"]["name"] == "Renamed"
    assert answer["extensions"]["cost"]["throttleStatus"]["restoreRate"] == 1000


def test_privacy_requests_carry_a_person_and_their_orders(shop: Installed, app: WebhookReceiver) -> None:
    customer = shop.customer()
    orders = [shop.dev.place_order(shop.handle, [{"price": "1.00"}], customer=customer)["id"] for _ in range(2)]
    first, second = (shop.dev.request_data(shop.handle, customer) for _ in range(2))
    shop.dev.redact_customer(shop.handle, customer, triggered_at=THEN)
    requests, (redact,) = told(shop, app, "customers/data_request"), told(shop, app, "customers/redact")
    assert second == first + 1
    assert [each["data_request"]["id"] for each in requests] == [first, second]
    assert requests[0]["orders_requested"] == redact["orders_to_redact"] == orders
    person = {"id": customer, "email": f"buyer.{customer}@mail.test", "phone": f"+1555{str(customer)[-7:]}"}
    assert requests[0]["customer"] == redact["customer"] == person
    assert (redact["shop_id"], redact["shop_domain"]) == (shop.dev.shop(shop.handle)["id"], shop.domain)


def test_privacy_requests_reach_an_app_that_was_removed(shop: Installed, app: WebhookReceiver) -> None:
    shop.dev.uninstall(shop.handle)
    shop.dev.redact_customer(shop.handle, 77)
    shop.dev.redact_shop(shop.handle, triggered_at=THEN)
    assert told(shop, app, "customers/redact")[0]["orders_to_redact"] == []
    assert told(shop, app, "shop/redact")[0].keys() == {"shop_id", "shop_domain"}
    (received,) = app.of(shop.handle, "shop/redact")
    assert received.headers["x-shopify-triggered-at"] == "2026-05-04T10:00:00.000000Z"


def test_calls_are_kept_in_a_journal_without_their_tokens(shop: Installed) -> None:
    shop.post("{shop{name}}")
    shop.post("{shop{name}}", token="dead")
    refresh(shop)
    opened, *rest = shop.dev.calls(shop.handle)
    assert (opened["grant"], opened["status"]) == ("exchange", 200)
    live, once = known_as(shop.grant["access_token"]), known_as(shop.grant["refresh_token"])
    assert rest == [
        {"target": "admin", "token": live, "status": 200, "grant": None},
        {"target": "admin", "token": known_as("dead"), "status": 401, "grant": None},
        {"target": "oauth", "token": once, "status": 200, "grant": "refresh"},
    ]
    assert shop.dev.calls(shop.handle, "oauth") == [opened, rest[-1]]


def test_the_journal_holds_failed_calls_of_this_shop_and_can_be_forgotten(
    shop: Installed, install: Callable[..., Installed]
) -> None:
    install()
    shop.dev.fault("503", target="oauth", shop=shop.handle, remaining=1)
    refresh(shop)
    assert [call["status"] for call in shop.dev.calls(shop.handle)] == [200, 503]
    shop.dev.forget_calls()
    assert shop.dev.calls(shop.handle) == []
