"""What merchants save: the shape of it only. What a definition may say is judged by plugin.segments.rules."""

from typing import Any

from marshmallow import Schema, fields, validate

from plugin.segments.rules import MOST_SEGMENTS

MOST_CONDITIONS = 20


class TrueOrFalse(fields.Boolean):
    """A JSON boolean and nothing that merely reads like one: a switch takes tags off a whole store."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **options)


class Condition(Schema):
    """One condition; the rules read what may be a number, a word or more by themselves."""

    measure = fields.String(required=True, validate=validate.Length(max=64))
    window = fields.Raw()
    category = fields.Raw()
    comparison = fields.String(required=True, validate=validate.Length(max=64))
    value = fields.Raw(required=True)


class Segment(Schema):
    """One definition; what makes it steady (a lower bar to stay, a ladder, a minimum stay) may be left out.

    `on`: false keeps it without putting anybody into it.
    """

    name = fields.String(required=True, validate=validate.Length(max=255))
    tag = fields.String(required=True, validate=validate.Length(max=255))
    conditions = fields.List(
        fields.Nested(Condition), required=True, validate=validate.Length(min=1, max=MOST_CONDITIONS)
    )
    keep = fields.List(fields.Nested(Condition), validate=validate.Length(min=1, max=MOST_CONDITIONS))
    ladder = fields.Raw()
    minimum_stay = fields.Raw()
    on = TrueOrFalse()


class SegmentsToSave(Schema):
    """All definitions of a shop: saving replaces the whole set."""

    segments = fields.List(fields.Nested(Segment), required=True, validate=validate.Length(max=MOST_SEGMENTS))


class SegmentToSwitch(Schema):
    """Whether customers are to be put into it."""

    on = TrueOrFalse(required=True)


class TaggingToSwitch(Schema):
    """Whether tags are to be written."""

    on = TrueOrFalse(required=True)
