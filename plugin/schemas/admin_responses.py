"""What the admin page's scripts are answered. The JSON API dumps its values through these, so nothing else leaves;
`required` is for the description of the API (admin_ui.openapi), dumping does not look at it.
"""

from marshmallow import INCLUDE, Schema, fields


class Progress(Schema):
    """Work under way; `total` is null while nobody knows it, `time_left` is empty while it would be a guess."""

    stage = fields.String(required=True)
    words = fields.String(required=True)
    done = fields.Integer(required=True)
    total = fields.Integer(required=True, allow_none=True)
    time_left = fields.String(required=True)


class SegmentLine(Schema):
    """One segment as the table shows it; `share` is of all customers, 0 to 1. Nothing is counted before the import,
    nothing where the visible orders do not reach (`incomplete`), and nothing of one that is not `on`.
    """

    bit = fields.Integer(required=True)
    name = fields.String(required=True)
    tag = fields.String(required=True)
    sentence = fields.String(required=True)
    customers = fields.Integer(required=True, allow_none=True)
    share = fields.Float(required=True)
    incomplete = fields.Boolean(required=True)
    waits = fields.String(required=True)
    on = fields.Boolean(required=True)


class Problem(Schema):
    """Something that needs attention, in plain words; allowing `scopes` would mend it."""

    heading = fields.String(required=True)
    text = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)


class Status(Schema):
    """How far the shop's tags are. `tags_gone`: they were switched off, and no customer carries one any more."""

    busy = fields.Boolean(required=True)
    paused = fields.Boolean(required=True)
    progress = fields.Nested(Progress, required=True, allow_none=True)
    summary = fields.String(required=True)
    tagging_on = fields.Boolean(required=True)
    tags_gone = fields.Boolean(required=True)
    customers = fields.Integer(required=True)
    pending_tags = fields.Integer(required=True)
    failed_deliveries = fields.Integer(required=True)
    segments = fields.List(fields.Nested(SegmentLine), required=True)
    problems = fields.List(fields.Nested(Problem), required=True)


class Definitions(Schema):
    """The shop's definitions as they can be saved again."""

    segments = fields.List(fields.Raw(), required=True)


class Saved(Definitions):
    """The answer to saving."""

    changed = fields.Boolean(required=True)
    status = fields.Nested(Status, required=True)


class Permission(Schema):
    """One thing a shop can allow, and what for."""

    scope = fields.String(required=True)
    required = fields.Boolean(required=True)
    granted = fields.Boolean(required=True)
    name = fields.String(required=True)
    reason = fields.String(required=True)


class WaitingSegment(Schema):
    """A segment that the visible orders do not decide."""

    name = fields.String(required=True)
    words = fields.String(required=True)


class Permissions(Schema):
    """What is allowed, and how far back we see because of it. `missing`: scopes nothing works without."""

    permissions = fields.List(fields.Nested(Permission), required=True)
    missing = fields.List(fields.String(), required=True)
    history = fields.String(required=True)
    waiting = fields.List(fields.Nested(WaitingSegment), required=True)


class DataRequest(Schema):
    """A customer's request that can be answered; numbers are text: scripts know no such large ones."""

    id = fields.String(required=True)
    customer = fields.String(required=True)
    requested_on = fields.String(required=True)
    expires_on = fields.String(required=True)
    file_name = fields.String(required=True)


class DataRequests(Schema):
    """All that are open."""

    requests = fields.List(fields.Nested(DataRequest), required=True)


class CustomerData(Schema):
    """What was stored about one customer when they asked (shop.privacy): rows as people can read them, by table."""

    shop = fields.String(required=True)
    customer = fields.Integer(required=True)
    produced_at = fields.DateTime(required=True)
    stored = fields.Dict(keys=fields.String(), values=fields.List(fields.Dict()), required=True)


class Tagging(Schema):
    """Whether tags are written, and how many customers carry one of ours."""

    on = fields.Boolean(required=True)
    tagged_customers = fields.Integer(required=True)


class TaggingSwitched(Schema):
    """The answer to switching; `changed` is false if it was so already."""

    changed = fields.Boolean(required=True)
    status = fields.Nested(Status, required=True)


class Metafield(Schema):
    """A customer metafield by its name."""

    namespace = fields.String(required=True)
    key = fields.String(required=True)


class Promoters(Schema):
    """Where answers to the promoter question come from. `address`: where survey tools post, if there is a secret.

    `reading_failed`: why the metafield could not be read the last time. `customers`: how many have answered.
    """

    metafield = fields.Nested(Metafield, required=True, allow_none=True)
    read_at = fields.DateTime(required=True, allow_none=True)
    reading = fields.Boolean(required=True)
    reading_failed = fields.String(required=True, allow_none=True)
    address = fields.String(required=True)
    secret_made_at = fields.DateTime(required=True, allow_none=True)
    customers = fields.Integer(required=True)


class SurveySecret(Promoters):
    """A secret, shown this once."""

    secret = fields.String(required=True)


class LineProblem(Schema):
    """A line of a file that was not taken, and why."""

    line = fields.Function(lambda problem: problem[0], required=True, metadata={"type": "integer"})
    problem = fields.Function(lambda problem: problem[1], required=True, metadata={"type": "string"})


class FileTaken(Schema):
    """What became of a file, line by line (standing.promoters.Report)."""

    lines = fields.Integer(required=True)
    recorded = fields.Integer(required=True)
    older = fields.Integer(required=True)
    unknown_customers = fields.Integer(required=True)
    stopped_at = fields.Integer(required=True, allow_none=True)
    problems = fields.List(fields.Nested(LineProblem), required=True)


class AnswersTaken(Schema):
    """What became of a tool's answers; `unknown_customers`: the places, from 0, of those about strangers."""

    recorded = fields.Integer(required=True)
    older = fields.Integer(required=True)
    unknown_customers = fields.List(fields.Integer(), required=True)


class Pin(Schema):
    """A customer is in a segment (`into`), or out of it, until an instant or for good."""

    tag = fields.String(required=True)
    into = fields.Boolean(required=True)
    until = fields.DateTime(required=True, allow_none=True)
    note = fields.String(required=True)
    made_at = fields.DateTime(required=True)
    cause = fields.String(required=True)


class Pins(Schema):
    """All of a customer's."""

    pins = fields.List(fields.Nested(Pin), required=True)


class Refusal(Schema):
    """Why not, in plain words."""

    error = fields.String(required=True)


class Invalid(Schema):
    """One message for each field that cannot be saved, by its path."""

    errors = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class Anything(Schema):
    """Any object."""

    class Meta:
        """What else it holds is not said."""

        unknown = INCLUDE
