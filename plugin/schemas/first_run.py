"""What the guide of a shop's first day sends and is answered (admin_ui.first_run_api)."""

from marshmallow import Schema, fields, validate

from plugin.segments.rules import MOST_SEGMENTS


class Chosen(Schema):
    """Segments of the shop, by number."""

    bits = fields.List(
        fields.Integer(strict=True, validate=validate.Range(0, MOST_SEGMENTS - 1)),
        required=True,
        validate=validate.Length(max=MOST_SEGMENTS),
    )


class Expected(Schema):
    """One segment: how many customers it would hold, or why it would hold nobody yet."""

    bit = fields.Integer(required=True)
    customers = fields.Integer(required=True)
    waits = fields.String(required=True)


class Outlook(Schema):
    """All of the shop's segments; `tagged`: customers whose tags would change if the chosen ones were on.

    Not `ready`, and nothing counted, before the shop's orders have been read.
    """

    ready = fields.Boolean(required=True)
    segments = fields.List(fields.Nested(Expected), required=True)
    tagged = fields.Integer(required=True)
    customers = fields.Integer(required=True)


class PresetSize(Schema):
    """One preset: how many customers it would hold, or why it would hold nobody yet."""

    key = fields.String(required=True)
    customers = fields.Integer(required=True)
    waits = fields.String(required=True)


class PresetSizes(Schema):
    """Those of a group; not `ready` before the shop's orders have been read."""

    ready = fields.Boolean(required=True)
    sizes = fields.List(fields.Nested(PresetSize), required=True)


class Added(Schema):
    """The number of the segment that was made of a preset."""

    bit = fields.Integer(required=True)
