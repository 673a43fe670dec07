"""The app file, deliveries.topics, deliveries.notices and the schemas say the same: a field read is a field sent."""

import re
import tomllib
from pathlib import Path

from marshmallow import Schema, fields

from plugin.deliveries.notices import NOTICES
from plugin.deliveries.topics import TOPICS
from plugin.shopify import scopes
from tests.support import published_schema

CONFIG = tomllib.loads((Path(__file__).parents[2] / "shopify.app.toml").read_text())
SUBSCRIPTIONS = CONFIG["webhooks"]["subscriptions"]
SCHEMAS = {topic: handled.schema for topic, handled in (TOPICS | NOTICES).items()}
COMPLIANCE = {"customers/data_request", "customers/redact", "shop/redact"}
# About the app and the shop: these come whatever is granted.
FREE = {"app/uninstalled", "app/scopes_update", "shop/update", "bulk_operations/finish"}

# Shopify includes all of a money set with its name; both of its currencies come, only the shop's is read.
WHOLE = {"current_total_price_set", "current_subtotal_price_set", "price_set", "amount_set"}


def paths(schema: Schema, prefix: str = "") -> set[str]:
    """Every field of a schema by its dotted path in the payload."""
    found = set()
    for name, field in schema.fields.items():
        nested = field.inner if isinstance(field, fields.List) else field
        if isinstance(nested, fields.Nested) and name not in WHOLE:
            found |= paths(nested.schema, f"{prefix}{name}.")
        else:
            found.add(f"{prefix}{name}")
    return found


def test_every_topic_subscribed_to_is_handled_and_the_other_way_round():
    subscribed = [topic for each in SUBSCRIPTIONS for topic in each.get("topics", [])]
    assert sorted(subscribed) == sorted(SCHEMAS.keys() - COMPLIANCE)
    assert not TOPICS.keys() & NOTICES.keys()


def test_the_compliance_topics_are_subscribed_to_as_such():
    assert [each["compliance_topics"] for each in SUBSCRIPTIONS if "compliance_topics" in each] == [sorted(COMPLIANCE)]


def test_a_topic_sends_exactly_the_fields_its_schema_reads():
    for subscription in SUBSCRIPTIONS:
        for topic in subscription.get("topics", []):
            assert set(subscription["include_fields"]) == paths(SCHEMAS[topic]), topic


def test_the_scopes_asked_for_let_every_topic_come():
    topics = published_schema.schema().type_map["WebhookSubscriptionTopic"].values
    asked = scopes.granted([*scopes.REQUIRED, *scopes.OPTIONAL])
    for topic in SCHEMAS.keys() - COMPLIANCE:
        description = topics[topic.replace("/", "_").replace(".", "_").upper()].description
        any_of = set(re.findall(r"`?\b((?:read|write)_[a-z_]+)\b`?", description))
        assert any_of or topic in FREE, topic
        assert topic in FREE or any_of & asked, topic


def test_the_scopes_asked_for_are_those_the_code_knows():
    access = CONFIG["access_scopes"]
    assert access["scopes"].split(",") == list(scopes.REQUIRED)
    assert access["optional_scopes"] == list(scopes.OPTIONAL)


def test_all_deliveries_come_to_the_one_door():
    assert {subscription["uri"] for subscription in SUBSCRIPTIONS} == {"/webhooks"}
