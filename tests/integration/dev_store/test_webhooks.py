"""Which webhooks go out, what they say, how they are signed, and what happens to those that do not arrive."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime

from tests.integration.dev_store.conftest import Installed
from tests.support.webhook_receiver import WebhookReceiver

TEA = {"price": "4.00", "quantity": 3, "title": "Tea"}


def place(shop: Installed, **options: object) -> int:
    number: int = shop.dev.place_order(shop.handle, [TEA], **options)["id"]  # type: ignore[arg-type]
    return number


def sent(shop: Installed, app: WebhookReceiver) -> list[str]:
    """Topics since the last look, once everything has arrived; sums and tags have tests of their own."""
    assert shop.dev.wait_for_deliveries(10)
    topics = [each.topic for each in app.of(shop.handle) if each.path != "/webhooks/sums-and-tags"]
    app.received.clear()
    return topics


def test_a_delivery_is_signed_over_its_raw_body(shop: Installed, app: WebhookReceiver) -> None:
    place(shop)
    shop.dev.wait_for_deliveries(5)
    for received in app.of(shop.handle):
        digest = hmac.new(shop.store.client_secret.encode(), received.body, hashlib.sha256).digest()
        assert received.headers["x-shopify-hmac-sha256"] == base64.b64encode(digest).decode()
        assert received.headers["x-shopify-api-version"] == "2026-10"
        assert datetime.fromisoformat(received.headers["x-shopify-triggered-at"]).tzinfo


def test_deliveries_of_one_action_share_its_event_but_not_their_ids(shop: Installed, app: WebhookReceiver) -> None:
    place(shop)
    shop.dev.wait_for_deliveries(5)
    headers = [received.headers for received in app.of(shop.handle)]
    assert len({each["x-shopify-event-id"] for each in headers}) == 1
    assert len({each["x-shopify-webhook-id"] for each in headers}) == len(headers) == 4


def test_an_order_sends_what_shopify_sends(shop: Installed, app: WebhookReceiver) -> None:
    place(shop)
    assert sent(shop, app) == ["customers/create", "orders/create", "orders/paid"]
    place(shop, customer=None, financial_status="pending")
    assert sent(shop, app) == ["orders/create"]


def test_each_change_of_an_order_sends_its_topics(shop: Installed, app: WebhookReceiver) -> None:
    dev, handle = shop.dev, shop.handle
    number = place(shop, financial_status="pending")
    sent(shop, app)
    dev.pay_order(handle, number)
    assert sent(shop, app) == ["orders/paid", "orders/updated"]
    dev.edit_order(handle, number, added=[TEA], removed=[{"index": 0, "quantity": 1}])
    assert sent(shop, app) == ["orders/edited", "orders/updated"]
    dev.refund_order(handle, number, [{"index": 0, "quantity": 1}])
    assert sent(shop, app) == ["refunds/create", "orders/updated"]
    dev.cancel_order(handle, number)
    assert sorted(sent(shop, app)) == ["orders/cancelled", "orders/updated", "orders/updated", "refunds/create"]
    dev.delete_order(handle, number)
    assert sent(shop, app) == ["orders/delete"]


def test_each_change_of_a_customer_sends_its_topic(shop: Installed, app: WebhookReceiver) -> None:
    kept, gone, alone = shop.customer(), shop.customer(), shop.customer()
    sent(shop, app)
    shop.dev.update_customer(shop.handle, kept)
    assert sent(shop, app) == ["customers/update"]
    shop.dev.merge_customers(shop.handle, kept, gone)
    assert sent(shop, app) == ["customers/merge", "customers/update"]
    shop.dev.delete_customer(shop.handle, alone)
    assert sent(shop, app) == ["customers/delete"]


def test_an_orders_payload_has_shopifys_shape(shop: Installed, app: WebhookReceiver) -> None:
    shop.dev.set_clock("2026-07-01T23:30:00.250000+00:00")
    number = place(shop, shipping="2.50")
    shop.dev.wait_for_deliveries(5)
    (received,) = app.of(shop.handle, "orders/create")
    told = received.json
    assert (told["id"], told["admin_graphql_api_id"]) == (number, f"gid://shopify/Order/{number}")
    assert told["processed_at"] == told["updated_at"] == "2026-07-01T19:30:00-04:00"
    assert told["current_total_price"] == "14.50"
    assert told["current_subtotal_price_set"]["shop_money"] == {"amount": "12.00", "currency_code": "USD"}
    assert (told["financial_status"], told["cancelled_at"], told["test"]) == ("paid", None, False)
    (line,) = told["line_items"]
    assert (line["quantity"], line["current_quantity"], line["price"], line["gift_card"]) == (3, 3, "4.00", False)
    assert not {"tags", "orders_count", "total_spent"} & told["customer"].keys()
    assert received.headers["x-shopify-triggered-at"] == "2026-07-01T23:30:00.250000Z"


def test_a_refund_lowers_the_order_it_belongs_to(shop: Installed, app: WebhookReceiver) -> None:
    number = place(shop)
    sent(shop, app)
    shop.dev.refund_order(shop.handle, number, [{"index": 0, "quantity": 1, "amount": "3.00"}])
    shop.dev.wait_for_deliveries(5)
    (refund,), (update,) = app.of(shop.handle, "refunds/create"), app.of(shop.handle, "orders/updated")
    assert (refund.json["order_id"], refund.json["refund_line_items"][0]["subtotal"]) == (number, 3.0)
    told = update.json
    assert (told["financial_status"], told["total_price"], told["current_total_price"]) == (
        "partially_refunded",
        "12.00",
        "9.00",
    )
    assert told["line_items"][0]["current_quantity"] == 2
    shop.dev.refund_order(shop.handle, number)
    assert shop.dev.order(shop.handle, number)["financial_status"] == "refunded"


def test_included_fields_are_all_a_delivery_carries(shop: Installed, app: WebhookReceiver) -> None:
    shop.customer()
    shop.dev.wait_for_deliveries(5)
    (received,) = app.of(shop.handle, "customers/create")
    assert received.path == "/webhooks/new-customers"
    assert received.json.keys() == {"id", "updated_at"}


def test_a_shop_without_the_app_sends_nothing(shop: Installed, app: WebhookReceiver) -> None:
    shop.dev.uninstall(shop.handle)
    place(shop)
    assert sent(shop, app) == ["app/uninstalled"]
    assert shop.post("{shop{name}}").status_code == 401


def test_a_failed_delivery_is_retried_as_it_was(shop: Installed, app: WebhookReceiver) -> None:
    app.answers += [500, 302, 404]
    shop.customer()
    assert shop.dev.wait_for_deliveries(10)
    received = app.of(shop.handle)
    assert len(received) == 4
    assert len({(each.body, each.headers["x-shopify-webhook-id"]) for each in received}) == 1
    (entry,) = shop.dev.deliveries(shop=shop.handle)
    assert (entry["attempts"], entry["state"], entry["last_status"]) == (4, "delivered", 200)


def test_after_eight_retries_a_delivery_is_given_up(shop: Installed, app: WebhookReceiver) -> None:
    app.answers += [503] * 9
    shop.customer()
    assert shop.dev.wait_for_deliveries(20)
    (entry,) = shop.dev.deliveries(topic="customers/create", shop=shop.handle)
    assert (entry["attempts"], entry["state"]) == (9, "failed")


def test_deliveries_can_be_dropped_and_duplicated(shop: Installed, app: WebhookReceiver) -> None:
    shop.dev.disorder(drop=1.0)
    shop.customer()
    assert sent(shop, app) == []
    shop.dev.disorder(duplicate=1.0)
    shop.customer()
    shop.dev.wait_for_deliveries(5)
    ids = [received.headers["x-shopify-webhook-id"] for received in app.of(shop.handle)]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_deliveries_of_some_topics_alone_can_be_dropped(shop: Installed, app: WebhookReceiver) -> None:
    shop.dev.disorder(drop=1.0, drop_topics=["orders/create"])
    place(shop)
    assert sent(shop, app) == ["customers/create", "orders/paid"]


def test_deliveries_can_overtake_each_other_and_a_seed_repeats_what_is_lost(
    install: Callable[..., Installed], app: WebhookReceiver
) -> None:
    lost = []
    for shop in (install(), install()):
        shop.dev.disorder(drop=0.5, reorder=1.0, reorder_seconds=0.1, seed=7)
        numbers = [shop.customer() for _ in range(12)]
        shop.dev.wait_for_deliveries(10)
        arrived = [received.json["id"] for received in app.of(shop.handle)]
        assert arrived != sorted(arrived)
        lost.append([number not in arrived for number in numbers])
    assert lost[0] == lost[1]
    assert 0 < sum(lost[0]) < 12


def test_merging_unites_tags_and_orders(shop: Installed, app: WebhookReceiver) -> None:
    kept, gone = shop.customer(), shop.customer()
    number = place(shop, customer=gone)
    shop.dev.tag_customer(shop.handle, kept, add=["A", "both"])
    shop.dev.tag_customer(shop.handle, gone, add=["Both", "c"])
    shop.dev.merge_customers(shop.handle, kept, gone)
    told = shop.dev.customer(shop.handle, kept)
    assert (told["tags"], told["order_ids"]) == (["A", "both", "c"], [number])
    assert shop.dev.order(shop.handle, number)["customer"]["id"] == kept


def test_a_merge_with_too_many_tags_fails_and_says_so(shop: Installed, app: WebhookReceiver) -> None:
    kept, gone = shop.customer(), shop.customer()
    shop.dev.tag_customer(shop.handle, kept, add=[f"a{n}" for n in range(200)])
    shop.dev.tag_customer(shop.handle, gone, add=[f"b{n}" for n in range(51)])
    shop.dev.merge_customers(shop.handle, kept, gone)
    shop.dev.wait_for_deliveries(5)
    (received,) = app.of(shop.handle, "customers/merge")
    assert received.json["status"] == "failed"
    assert received.json["errors"][0]["customer_ids"] == [kept, gone]
