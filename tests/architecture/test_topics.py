"""shopify.app.toml, plugin/topics.py and the payload schemas say the same: a field read is a field subscribed to."""

import re
import tomllib
from pathlib import Path

from marshmallow import Schema, fields

from plugin.topics import TOPICS
from tests.support import published_schema

CONFIG = tomllib.loads((Path(__file__).parents[2] / "shopify.app.toml").read_text())
SUBSCRIPTIONS = CONFIG["webhooks"]["subscriptions"]

# Shopify includes all of a money set with its name; both of its currencies come, only the shop's is read.
WHOLE = {"current_total_price_set", "current_subtotal_price_set"}


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
    subscribed = [topic for subscription in SUBSCRIPTIONS for topic in subscription["topics"]]
    assert sorted(subscribed) == sorted(TOPICS)


def test_a_topic_sends_exactly_the_fields_its_schema_reads():
    for subscription in SUBSCRIPTIONS:
        for topic in subscription["topics"]:
            assert set(subscription["include_fields"]) == paths(TOPICS[topic].schema), topic


def test_the_scopes_asked_for_let_every_topic_come():
    topics = published_schema.schema().type_map["WebhookSubscriptionTopic"].values
    asked = set(CONFIG["access_scopes"]["scopes"].split(","))
    for topic in TOPICS:
        description = topics[topic.replace("/", "_").upper()].description
        any_of = set(re.findall(r"`?\b((?:read|write)_[a-z_]+)\b`?", description))
        assert any_of, topic
        assert any_of & asked, topic


def test_all_deliveries_come_to_the_one_door():
    assert {subscription["uri"] for subscription in SUBSCRIPTIONS} == {"/webhooks"}
