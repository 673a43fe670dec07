"""What the development store tells about customers beside themselves: their tags, what they bought, their consent."""

from typing import Any

from tests.integration.dev_store.conftest import Installed
from tests.support.webhook_receiver import WebhookReceiver

TAG = "mutation($id: ID!, $tags: [String!]!) { %s(id: $id, tags: $tags) { userErrors { message } } }"
CONSENT = "query($id: ID!) { customer(id: $id) { defaultEmailAddress { marketingState marketingUpdatedAt } } }"


def told(shop: Installed, app: WebhookReceiver, topic: str) -> list[Any]:
    assert shop.dev.wait_for_deliveries(5)
    found = [received.json for received in app.of(shop.handle, topic)]
    app.received.clear()
    return found


def gid(customer: int) -> str:
    return f"gid://shopify/Customer/{customer}"


def summary(shop: Installed, app: WebhookReceiver) -> tuple[int, str, str | None]:
    """Orders, amount and last order of the one summary sent since the last look."""
    (sent,) = told(shop, app, "customers/purchasing_summary")
    return sent["numberOfOrders"], sent["amountSpent"]["amount"], sent["lastOrderId"]


def test_the_apps_own_tags_are_told_to_it_as_well(shop: Installed, app: WebhookReceiver) -> None:
    customer = shop.customer()
    shop.ask(TAG % "tagsAdd", id=gid(customer), tags=["Regular", "new"])
    (added,) = told(shop, app, "customer.tags_added")
    assert added.keys() == {"customerId", "tags", "occurredAt"}
    assert (added["customerId"], added["tags"]) == (gid(customer), ["Regular", "new"])
    shop.ask(TAG % "tagsRemove", id=gid(customer), tags=["REGULAR", "never there"])
    assert [each["tags"] for each in told(shop, app, "customer.tags_removed")] == [["Regular"]]


def test_tags_that_change_nothing_are_not_told(shop: Installed, app: WebhookReceiver) -> None:
    customer = shop.customer()
    shop.dev.tag_customer(shop.handle, customer, add=["a"])
    assert told(shop, app, "customer.tags_added")
    shop.ask(TAG % "tagsAdd", id=gid(customer), tags=["A"])
    shop.ask(TAG % "tagsRemove", id=gid(customer), tags=["b"])
    shop.dev.wait_for_deliveries(5)
    assert [each.topic for each in app.of(shop.handle)] == []


def test_tags_by_the_merchant_and_by_a_merge_are_told(shop: Installed, app: WebhookReceiver) -> None:
    kept, gone = shop.customer(), shop.customer()
    shop.dev.tag_customer(shop.handle, kept, add=["both"])
    shop.dev.tag_customer(shop.handle, gone, add=["Both", "theirs"])
    told(shop, app, "")
    shop.dev.merge_customers(shop.handle, kept, gone)
    assert [each["tags"] for each in told(shop, app, "customer.tags_added")] == [["theirs"]]
    shop.dev.tag_customer(shop.handle, kept, remove=["theirs"], add=["mine"])
    assert [each["tags"] for each in told(shop, app, "customer.tags_removed")] == [["theirs"]]


def test_every_change_of_what_was_bought_is_summed_up(shop: Installed, app: WebhookReceiver) -> None:
    dev, handle, customer = shop.dev, shop.handle, shop.customer()
    first = dev.place_order(handle, [{"price": "10.00", "quantity": 2}], customer=customer)["id"]
    assert summary(shop, app) == (1, "20.0", f"gid://shopify/Order/{first}")
    second = dev.place_order(handle, [{"price": "5.00"}], customer=customer)["id"]
    assert summary(shop, app) == (2, "25.0", f"gid://shopify/Order/{second}")
    dev.refund_order(handle, first, [{"index": 0, "quantity": 1}])
    assert summary(shop, app)[:2] == (2, "15.0")
    dev.edit_order(handle, second, added=[{"price": "2.50"}])
    assert summary(shop, app)[:2] == (2, "17.5")
    dev.delete_order(handle, second)
    assert summary(shop, app) == (1, "10.0", f"gid://shopify/Order/{first}")
    dev.delete_order(handle, first)
    assert summary(shop, app) == (0, "0.0", None)


def test_guests_have_no_summary_and_the_merged_have_one(shop: Installed, app: WebhookReceiver) -> None:
    shop.dev.place_order(shop.handle, [{"price": "10.00"}], customer=None)
    assert told(shop, app, "customers/purchasing_summary") == []
    kept, gone = shop.customer(), shop.customer()
    shop.dev.place_order(shop.handle, [{"price": "10.00"}], customer=gone)
    told(shop, app, "")
    shop.dev.merge_customers(shop.handle, kept, gone)
    (sent,) = told(shop, app, "customers/purchasing_summary")
    assert (sent["customerId"], sent["numberOfOrders"]) == (gid(kept), 1)


def test_consent_is_told_and_can_be_asked_for(shop: Installed, app: WebhookReceiver) -> None:
    customer = shop.customer()
    before = shop.ask(CONSENT, id=gid(customer))["data"]["customer"]["defaultEmailAddress"]
    assert before == {"marketingState": "NOT_SUBSCRIBED", "marketingUpdatedAt": None}
    shop.dev.set_clock("2026-07-01T12:00:00+00:00")
    shop.dev.set_consent(shop.handle, customer, "SUBSCRIBED")
    after = shop.ask(CONSENT, id=gid(customer))["data"]["customer"]["defaultEmailAddress"]
    assert after == {"marketingState": "SUBSCRIBED", "marketingUpdatedAt": "2026-07-01T12:00:00Z"}
    (sent,) = told(shop, app, "customers_email_marketing_consent/update")
    assert (sent["customer_id"], sent["email_marketing_consent"]["state"]) == (customer, "subscribed")
