"""Presets, suggestions and checks of definitions, as the JSON API answers them (admin_ui.segments_api)."""

from marshmallow import Schema, fields


class Preset(Schema):
    """One segment a merchant can take over; `blanks`: what is an example only, and the question to ask."""

    key = fields.String(required=True)
    group = fields.String(required=True)
    idea = fields.String(required=True)
    sentence = fields.String(required=True)
    beside = fields.List(fields.String(), required=True)
    blanks = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    definition = fields.Raw(required=True)


class Presets(Schema):
    """All of them."""

    presets = fields.List(fields.Nested(Preset), required=True)


class Suggestion(Schema):
    """One number of one preset that would fit the store, and why."""

    key = fields.String(required=True)
    path = fields.String(required=True)
    value = fields.Raw(required=True)
    evidence = fields.String(required=True)


class Suggestions(Schema):
    """All there are, and what they rest on (or lack)."""

    suggestions = fields.List(fields.Nested(Suggestion), required=True)
    basis = fields.String(required=True)
    computed_at = fields.DateTime(required=True, allow_none=True)


class Checked(Schema):
    """What cannot be saved, and what can but is doubtful; by path. `asked_store`: whether Shopify told its tags."""

    errors = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    warnings = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    asked_store = fields.Boolean(required=True)
