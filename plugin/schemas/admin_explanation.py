"""Why a customer is in each segment or not, as the JSON API answers it (plugin.standing.explanation_words makes it)."""

from marshmallow import Schema, fields


class IgnoredOrder(Schema):
    """An order that does not count, and why not; numbers are text: scripts know no such large ones."""

    order = fields.String(required=True)
    processed_at = fields.String(required=True, allow_none=True)
    because = fields.String(required=True)


class ConditionFound(Schema):
    """One condition: what is asked, whether it holds, and what was found."""

    asked = fields.String(required=True)
    holds = fields.Boolean(required=True)
    found = fields.String(required=True)


class SegmentExplained(Schema):
    """One segment. `changes_at`: when they come or go if nothing happens. `advice`: what they would have to buy."""

    name = fields.String(required=True)
    tag = fields.String(required=True)
    inside = fields.Boolean(required=True)
    sentence = fields.String(required=True)
    conditions = fields.List(fields.Nested(ConditionFound), required=True)
    keep = fields.List(fields.Nested(ConditionFound), required=True)
    reasons = fields.List(fields.String(), required=True)
    changes_at = fields.String(required=True, allow_none=True)
    advice = fields.String(required=True, allow_none=True)
    advice_before = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)
    saved_at = fields.String(required=True)


class BaselineUsed(Schema):
    """The store's own numbers that customers are compared with."""

    computed_at = fields.String(required=True)
    buyers = fields.Integer(required=True)
    average_spend = fields.String(required=True)


class Explanation(Schema):
    """All of it about one customer."""

    customer = fields.String(required=True)
    as_of = fields.String(required=True)
    tagging_on = fields.Boolean(required=True)
    ignored_orders = fields.List(fields.Nested(IgnoredOrder), required=True)
    baseline = fields.Nested(BaselineUsed, required=True, allow_none=True)
    segments = fields.List(fields.Nested(SegmentExplained), required=True)
