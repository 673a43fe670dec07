"""What the page "Settings" reads and saves: shapes only. Limits stand in plugin.shop.shop_settings."""

from marshmallow import Schema, fields, validate

from plugin.schemas import admin_responses
from plugin.schemas.merchant_settings import TrueOrFalse

MOST_NUMBERS = 200
BIT = validate.Regexp(r"[0-9]{1,2}\Z")
WORD = validate.Length(max=64)


class Numbers(Schema):
    """New thresholds of one segment, by their path in the definition that had this version."""

    version = fields.Integer(required=True, strict=True)
    numbers = fields.Dict(
        keys=fields.String(validate=WORD),
        values=fields.Raw(allow_none=True),
        required=True,
        validate=validate.Length(max=MOST_NUMBERS),
    )


class ChoicesToSave(Schema):
    """Whatever of the settings is to change, but for thresholds. `brake_percent`: of the customers, in a hundred."""

    counted_statuses = fields.List(fields.String(validate=WORD), validate=validate.Length(max=10))
    spend_is_total = TrueOrFalse()
    foreign_removal = fields.String(validate=WORD)
    rfm_scale = fields.String(validate=WORD)
    tag_prefix = fields.String(validate=validate.Length(max=255))
    brake_percent = fields.Raw(metadata={"type": ["integer", "string"]})
    brake_least = fields.Raw(metadata={"type": ["integer", "string"]})


class SettingsToSave(ChoicesToSave):
    """Whatever of the settings is to change; `thresholds` by the segment's number. `warn_email`: empty for nobody."""

    warn_email = fields.String(validate=validate.Length(max=254))
    thresholds = fields.Dict(keys=fields.String(validate=BIT), values=fields.Nested(Numbers))


class Thresholds(Schema):
    """One segment's definition, and its version: saving names it, so that nobody overwrites what they did not see."""

    version = fields.Integer(required=True)
    definition = fields.Raw(required=True)


class Settings(Schema):
    """All settings as they are."""

    counted_statuses = fields.List(fields.String(), required=True)
    spend_is_total = fields.Boolean(required=True)
    foreign_removal = fields.String(required=True)
    rfm_scale = fields.String(required=True)
    tag_prefix = fields.String(required=True)
    brake_percent = fields.Integer(required=True)
    brake_least = fields.Integer(required=True)
    warn_email = fields.String(required=True)
    thresholds = fields.Dict(keys=fields.String(), values=fields.Nested(Thresholds), required=True)


class SettingsSaved(Schema):
    """The answer to saving: what was otherwise before, and how all is now."""

    changed = fields.List(fields.String(), required=True)
    settings = fields.Nested(Settings, required=True)
    status = fields.Nested(admin_responses.Status, required=True)


class Effect(Schema):
    """How many orders would newly count, no longer count, and count with another amount."""

    newly = fields.Integer(required=True)
    no_longer = fields.Integer(required=True)
    other_amount = fields.Integer(required=True)


class NewTag(Schema):
    """A segment's tag, what it would be, and how many customers are in the segment."""

    name = fields.String(required=True)
    tag = fields.String(required=True)
    new_tag = fields.String(required=True)
    customers = fields.Integer(required=True)


class Renaming(Schema):
    """Every tag that would change, and how many customers carry one of them. `bars`: segments that are easier to stay
    in than to enter, whom some would leave.
    """

    tags = fields.List(fields.Nested(NewTag), required=True)
    customers = fields.Integer(required=True)
    bars = fields.List(fields.String(), required=True)


class TagsToRename(Schema):
    """The prefix the merchant saw the new tags with."""

    prefix = fields.String(required=True, validate=validate.Length(max=255))


class Renamed(Schema):
    """The answer to renaming."""

    renamed = fields.Integer(required=True)
    status = fields.Nested(admin_responses.Status, required=True)
