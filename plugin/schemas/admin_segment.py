"""One segment on its page: what is saved of it, previews, members and movements, as the JSON API takes and tells them.

Numbers of customers are text: scripts know no such large ones.
"""

from marshmallow import EXCLUDE, Schema, fields, validate

from plugin.schemas.merchant_settings import Segment
from plugin.segments.rules import MOST_SEGMENTS

# What members can be sorted by (standing.members).
SORTS = ("number", "last_order", "orders", "spend")


class SegmentToAdd(Schema):
    """A new segment."""

    segment = fields.Nested(Segment, required=True)


class SegmentToChange(SegmentToAdd):
    """A saved segment, and which version of it the page shows."""

    version = fields.Integer(required=True, strict=True, validate=validate.Range(0, 2**31))


class SegmentToTry(SegmentToAdd):
    """A segment to preview, in place of a saved one or beside them all."""

    bit = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(0, MOST_SEGMENTS - 1))


class SegmentSaved(Schema):
    """What is saved now."""

    bit = fields.Integer(required=True)
    version = fields.Integer(required=True)
    segment = fields.Raw(required=True)


class VersionSeen(Schema):
    """Which version the page shows, in an address."""

    class Meta:
        """Whatever else stands in an address is not for us."""

        unknown = EXCLUDE

    version = fields.Integer(required=True, validate=validate.Range(0, 2**31))


class Removed(Schema):
    """It is taken away."""

    removed = fields.Boolean(required=True)


class PreviewLine(Schema):
    """One segment: how many would be in it, enter and leave, and some of those. `waits`: why it would hold nobody."""

    tag = fields.String(required=True)
    name = fields.String(required=True)
    members = fields.Integer(required=True)
    entering = fields.Integer(required=True)
    leaving = fields.Integer(required=True)
    some_entering = fields.List(fields.String(), required=True)
    some_leaving = fields.List(fields.String(), required=True)
    waits = fields.String(required=True)
    waits_days = fields.Integer(required=True)


class Preview(Schema):
    """What definitions would do. `read_at`: when the customers were read."""

    as_of = fields.DateTime(required=True)
    read_at = fields.DateTime(required=True)
    customers = fields.Integer(required=True)
    segments = fields.List(fields.Nested(PreviewLine), required=True)


class Tried(Schema):
    """What one definition would do, or why it cannot be saved; warnings by field too."""

    errors = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    warnings = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    preview = fields.Nested(Preview, required=True, allow_none=True)


class MembersAsked(Schema):
    """Which page of a segment's members; `after` is what the page before said."""

    class Meta:
        """Whatever else stands in an address is not for us."""

        unknown = EXCLUDE

    sort = fields.String(load_default="number", validate=validate.OneOf(SORTS))
    order = fields.String(load_default="up", validate=validate.OneOf(("up", "down")))
    after = fields.String(load_default="", validate=validate.Regexp(r"([0-9]{1,18}-[0-9]{1,18})?\Z"))


class Member(Schema):
    """A customer; `name` is null unless the app may show names."""

    customer = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    orders = fields.Integer(required=True)
    spend = fields.String(required=True)
    last_order_at = fields.DateTime(required=True, allow_none=True)


class Members(Schema):
    """A page of them; `after`: what to ask the next one with, null behind the last."""

    members = fields.List(fields.Nested(Member), required=True)
    after = fields.String(required=True, allow_none=True)


class Flow(Schema):
    """So many, from or to another segment; `bit` is null where there is no other."""

    bit = fields.Integer(required=True, allow_none=True)
    name = fields.String(required=True)
    customers = fields.Integer(required=True)


class Flows(Schema):
    """Who came and went since `since`. `moved_*`: because the rule was changed, or the history was read."""

    since = fields.DateTime(required=True)
    entered = fields.Integer(required=True)
    left = fields.Integer(required=True)
    came_from = fields.List(fields.Nested(Flow), required=True)
    went_to = fields.List(fields.Nested(Flow), required=True)
    moved_in = fields.Integer(required=True)
    moved_out = fields.Integer(required=True)
