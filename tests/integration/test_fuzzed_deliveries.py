"""Signed deliveries that say what no shop would: each is answered, and folded or set aside with its reason at once.

FUZZ_EXAMPLES=20000 tries so many; FUZZ_SEED=... finds again what a failure names.
"""

import json
import os
import random
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import update

from plugin.db import session as db
from plugin.db.models import Shop
from plugin.deliveries import inbox
from plugin.metrics import DELIVERIES
from tests.support import forgeries, mutations
from tests.support import shop as shops
from tests.support.installed import InstalledShop
from workers import drain_inbox, hear_tags, heed_notices

SEED = int(os.environ.get("FUZZ_SEED", "20261122"))
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "120"))
A_ROUND = 60
# What the app says itself; whatever else stands there was an accident.
REASONS = (
    "The body is not JSON",
    "The payload does not fit",
    "The body is about another shop",
    "The shop changed its currency",
    "Nothing here handles the topic",
)

Honest = list[tuple[str, Any]]


@pytest.fixture
def honest(shop: InstalledShop) -> Honest:
    """One or more payloads of every topic, as the store posts them."""
    store, handle = shop.store, shop.handle
    store.put_product(handle, 7, product_type="Tea", vendor="Leaf & Co", tags=["green"])
    buyer, other, third = (shop.buy(price="20.00")["customer"]["id"] for _ in range(3))
    order = store.place_order(handle, [{"price": "10.00", "quantity": 2, "product": 7}], buyer)["id"]
    store.edit_order(handle, order, [{"price": "3.00"}])
    store.refund_order(handle, order)
    store.cancel_order(handle, shop.buy(buyer)["id"])
    store.delete_order(handle, shop.buy(buyer)["id"])
    store.tag_customer(handle, buyer, add=["first-time", "theirs"])
    store.tag_customer(handle, buyer, remove=["first-time"])
    store.set_consent(handle, buyer, "SUBSCRIBED")
    store.update_customer(handle, buyer)
    store.merge_customers(handle, buyer, other)
    store.delete_customer(handle, third, force=True)
    store.delete_product(handle, 7)
    store.update_shop(handle, plan="plus")
    store.request_data(handle, buyer)
    store.redact_customer(handle, third)
    told = [(each.headers["x-shopify-topic"], json.loads(each.body)) for each in shop.posted()]
    return [*told, *RARE.items()]


GIDS = {"customer_id": "gid://shopify/Customer/1", "segment_id": "gid://shopify/Segment/1"}
RARE = {
    "customer.joined_segment": GIDS,
    "customer.left_segment": GIDS,
    "customers/purchasing_summary": {
        "customerId": "gid://shopify/Customer/1",
        "numberOfOrders": 2,
        "amountSpent": {"amount": "10.00", "currencyCode": "USD"},
        "occurredAt": "2026-01-01T00:00:00Z",
    },
    "bulk_operations/finish": {"admin_graphql_api_id": "gid://shopify/BulkOperation/1", "type": "mutation"},
    "app/scopes_update": {"shop_id": "gid://shopify/Shop/1", "current": ["read_orders"], "updated_at": "2026-01-01"},
    "shop/redact": {"shop_domain": "store-1.myshopify.com", "shop_id": 1},
    "customers/update": {
        "id": 1,
        "created_at": "2026-01-01T00:00:00Z",
        "metafields": [{"namespace": "survey", "key": "nps", "value": "9", "updated_at": "2026-01-01T00:00:00Z"}],
    },
}


def work(shop: InstalledShop) -> None:
    for _ in range(EXAMPLES):
        heed_notices.heed_notices(shop.id)
        hear_tags.hear_tags(shop.id)
        drain_inbox.drain_inbox(shop.id)
        with db.read() as session:
            if not any(inbox.any_pending(session, shop.id, stage) for stage in inbox.STAGES):
                return


def counted() -> Counter[str]:
    """How many requests were answered how, by what /metrics shows."""
    samples = [sample for metric in DELIVERIES.collect() for sample in metric.samples if sample.name.endswith("_total")]
    return Counter({sample.labels["outcome"]: int(sample.value) for sample in samples})


def stay(shop: InstalledShop) -> None:
    """Some of what was sent may have removed the app."""
    with db.write() as session:
        session.execute(update(Shop).where(Shop.id == shop.id).values(uninstalled_at=None))


def badly_folded(shop: InstalledShop) -> list[tuple[Any, ...]]:
    """Deliveries that took more than one attempt, or ended in anything but being folded or a reason of ours."""
    return [
        (event.webhook_id, event.topic, event.attempts, event.error)
        for event in shop.events()
        if event.attempts > 1 or not (event.done_at or (event.error or "").startswith(REASONS))
    ]


def test_whatever_stands_in_a_signed_body_is_folded_or_set_aside_with_its_reason(shop, honest):
    chance, client, before = random.Random(SEED), shop.app.test_client(), counted()
    for number in range(EXAMPLES):
        topic, document = chance.choice(honest)
        body = mutations.body(chance, document)
        sent = {"X-Shopify-Webhook-Id": str(number), "X-Shopify-Shop-Domain": shop.domain}
        answer = client.post("/webhooks", data=body, headers=shops.headers(topic, body, **sent))
        assert answer.status_code == 200, (SEED, number, topic, body[:2_000])
        if number % A_ROUND == A_ROUND - 1:
            work(shop)
            stay(shop)
    assert (counted() - before).total() == EXAMPLES
    assert badly_folded(shop) == [], SEED
    assert {event.done_at is None for event in shop.events()} == {True, False}
    (buyer,) = shop.buyers(1)
    shop.receive()
    work(shop)
    assert shop.customer(buyer).wanted_tags


NAMES = ("TOPIC", "SHOP_DOMAIN", "WEBHOOK_ID", "TRIGGERED_AT", "EVENT_ID", "HMAC_SHA256")


def with_odd_headers(chance: random.Random, honest: Honest, shop: InstalledShop) -> dict[str, Any]:
    """A delivery that is signed, with one to three headers that are not as they should be."""
    topic, document = chance.choice(honest)
    body = json.dumps(document).encode()
    sent = {"X-Shopify-Shop-Domain": shop.domain, "X-Shopify-Webhook-Id": str(chance.random())}
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": text for name, text in shops.headers(topic, body, **sent).items()
    }
    for name in chance.sample(NAMES[:-1], chance.choice((1, 1, 2, 3))) + chance.sample(NAMES, chance.random() < 0.2):
        odd = chance.choice((*forgeries.ODD_TEXTS, shop.domain.upper(), "a" * 256, "orders/create", " orders/create "))
        headers[f"HTTP_X_SHOPIFY_{name}"] = forgeries.wsgi(odd)
    return {"data": body, "environ_overrides": headers}


def test_whatever_stands_in_the_headers_is_answered_calmly_and_counted(shop, honest):
    chance, client, before = random.Random(SEED), shop.app.test_client(), counted()
    answers = Counter[int]()
    for number in range(EXAMPLES):
        request = with_odd_headers(chance, honest, shop)
        answers[(answer := client.post("/webhooks", **request)).status_code] += 1
        assert answer.status_code in {200, 400, 401}, (SEED, number, request["environ_overrides"])
    told = counted() - before
    assert told.total() == EXAMPLES
    assert (told["missing_header"], told["bad_signature"]) == (answers[400], answers[401])
    assert told["accepted"] == len(shop.events()) > 0
    work(shop)
    assert badly_folded(shop) == []


GONE_TOO_FAR = b'"gid://shopify/Customer/9999999999999999999"'
ONCE_TRIED_SIX_TIMES = (
    ("orders/create", b'{"id": 1e99999999999999999999}'),
    ("customer.tags_added", b'{"customerId": %s, "tags": ["a"], "occurredAt": "2026-01-01T00:00:00Z"}' % GONE_TOO_FAR),
    ("customer.joined_segment", b'{"customer_id": %s, "segment_id": "gid://shopify/Segment/1"}' % GONE_TOO_FAR),
)


def test_numbers_too_large_for_python_or_a_column_are_set_aside_at_once(shop):
    client = shop.app.test_client()
    for topic, body in ONCE_TRIED_SIX_TIMES:
        headers = shops.headers(topic, body, **{"X-Shopify-Shop-Domain": shop.domain, "X-Shopify-Event-Id": "a\u00e9"})
        assert client.post("/webhooks", data=body, headers=headers).status_code == 200
    work(shop)
    assert badly_folded(shop) == []
    assert [event.failed_at is None for event in shop.events()] == [False] * len(ONCE_TRIED_SIX_TIMES)
