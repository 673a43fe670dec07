"""Customers' metafields in the development store: by name in the Admin API, in messages where they are asked for."""

from datetime import UTC, datetime

from dev_store import metafields, payloads
from dev_store.metafields import Metafield
from dev_store.state import Customer
from dev_store.subscriptions import Subscription

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
SCORE = Metafield(1, "custom", "nps", "9", "number_integer", AT, AT)
SECRET = Metafield(2, "other", "birthday", "1990-01-01", "date", AT, AT)


def customer() -> Customer:
    return Customer(7, AT, AT, metafields={("custom", "nps"): SCORE, ("other", "birthday"): SECRET})


def message(*namespaces: str) -> dict:
    told = {"id": 7, "metafields": metafields.in_message(customer().metafields.values())}
    fields = ("id", "metafields.namespace", "metafields.key", "metafields.value", "metafields.updated_at")
    return Subscription("customers/update", "/webhooks", fields, None, namespaces).trim(told)


def test_a_metafield_is_found_by_namespace_and_key_or_by_both_in_one():
    assert metafields.of(customer(), "nps", "custom") is SCORE
    assert metafields.of(customer(), "custom.nps", None) is SCORE
    assert metafields.of(customer(), "nps", None) is None
    assert metafields.of(customer(), "nps", "other") is None
    assert metafields.shown(SCORE, "updatedAt") == "2026-06-01T12:00:00Z"


def test_a_message_has_the_metafields_of_subscribed_namespaces_and_none_without_any():
    assert message() == {"id": 7}
    shown = {"namespace": "custom", "key": "nps", "value": "9", "updated_at": "2026-06-01T12:00:00Z"}
    assert message("custom") == {"id": 7, "metafields": [shown]}
    assert message("elsewhere") == {"id": 7, "metafields": []}


def test_what_was_asked_for_is_sent_as_json():
    assert b"1990-01-01" in payloads.encode(message("other"))
