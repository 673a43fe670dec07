"""What the form of a rule fetches, as the JSON API answers it (admin_ui.rule_api)."""

from marshmallow import Schema, fields


class ConditionToAdd(Schema):
    """A part of the form."""

    html = fields.String(required=True)


class Country(Schema):
    """`value` is what a definition says."""

    value = fields.String(required=True)
    text = fields.String(required=True)


class Countries(Schema):
    """All of them."""

    countries = fields.List(fields.Nested(Country), required=True)
