"""Runs, tag writes and failures, as the JSON API answers them (admin_ui.activity_api).

Numbers of rows and customers are text: scripts know no such large ones.
"""

from marshmallow import Schema, fields

from plugin.schemas.admin_responses import Status


class RunLine(Schema):
    """A run and what came of it; `why_not`: why it cannot be undone, null if it can."""

    id = fields.String(required=True)
    state = fields.String(required=True)
    words = fields.List(fields.String(), required=True)
    at = fields.DateTime(required=True)
    seconds = fields.Integer(required=True, allow_none=True)
    customers = fields.Integer(required=True)
    of = fields.Integer(required=True, allow_none=True)
    added = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    removed = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    written = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    left = fields.Integer(required=True)
    error = fields.String(required=True, allow_none=True)
    why_not = fields.String(required=True, allow_none=True)


class Runs(Schema):
    """A page of them, newest first; `more`: what to ask the next page with, null at the end."""

    runs = fields.List(fields.Nested(RunLine), required=True)
    more = fields.String(required=True, allow_none=True)


class WriteLine(Schema):
    """One write of tags to one customer."""

    id = fields.String(required=True)
    at = fields.DateTime(required=True)
    customer = fields.String(required=True)
    added = fields.List(fields.String(), required=True)
    removed = fields.List(fields.String(), required=True)
    outcome = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    run = fields.String(required=True, allow_none=True)


class Writes(Schema):
    """A page of them, newest first; `more`: what to ask the next page with, null at the end."""

    writes = fields.List(fields.Nested(WriteLine), required=True)
    more = fields.String(required=True, allow_none=True)


class Refused(Schema):
    """A customer whose tags Shopify refuses."""

    customer = fields.String(required=True, attribute="customer_id")
    reason = fields.String(required=True)
    again_at = fields.DateTime(required=True)


class Contested(Schema):
    """A tag that others keep taking off a customer."""

    customer = fields.String(required=True, attribute="customer_id")
    tag = fields.String(required=True)
    times = fields.Integer(required=True)
    last_at = fields.DateTime(required=True)


class Failures(Schema):
    """What needs a decision; `deliveries`: how many messages of Shopify's could not be read."""

    runs = fields.List(fields.Nested(RunLine), required=True)
    deliveries = fields.Integer(required=True)
    delivery_reasons = fields.List(fields.String(), required=True)
    refused = fields.List(fields.Nested(Refused), required=True)
    contested = fields.List(fields.Nested(Contested), required=True)


class Decided(Schema):
    """The answer to a decision."""

    status = fields.Nested(Status, required=True)


class TagToPutBack(Schema):
    """A contested tag of a customer."""

    tag = fields.String(required=True)
