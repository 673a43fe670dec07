"""What the admin page's scripts are answered. `admin_ui.api` dumps its values through these, so nothing else leaves."""

from marshmallow import Schema, fields


class Progress(Schema):
    """Work under way; `total` is null while nobody knows it."""

    stage = fields.String()
    words = fields.String()
    done = fields.Integer()
    total = fields.Integer(allow_none=True)


class SegmentLine(Schema):
    """One segment as the table shows it; `share` is of all customers, 0 to 1. Nothing is counted before the import."""

    name = fields.String()
    tag = fields.String()
    sentence = fields.String()
    customers = fields.Integer(allow_none=True)
    share = fields.Float()


class Problem(Schema):
    """Something that needs attention, in plain words."""

    heading = fields.String()
    text = fields.String()


class Status(Schema):
    """How far the shop's tags are."""

    busy = fields.Boolean()
    progress = fields.Nested(Progress, allow_none=True)
    summary = fields.String()
    customers = fields.Integer()
    pending_tags = fields.Integer()
    failed_deliveries = fields.Integer()
    segments = fields.List(fields.Nested(SegmentLine))
    problems = fields.List(fields.Nested(Problem))


class Definitions(Schema):
    """The shop's definitions as they can be saved again."""

    segments = fields.List(fields.Raw())


class Saved(Definitions):
    """The answer to saving."""

    changed = fields.Boolean()
    status = fields.Nested(Status)
