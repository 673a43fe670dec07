"""What the page "Settings" reads and saves: shapes and limits only. What follows is for plugin.shop and admin_ui."""

from marshmallow import Schema, fields, validate

from plugin.schemas import admin_responses

MOST_NUMBERS = 200
BIT = validate.Regexp(r"[0-9]{1,2}\Z")
PATH = validate.Length(max=64)


class Numbers(Schema):
    """New thresholds of one segment, by their path in the definition that had this version."""

    version = fields.Integer(required=True, strict=True)
    numbers = fields.Dict(
        keys=fields.String(validate=PATH),
        values=fields.Raw(allow_none=True),
        required=True,
        validate=validate.Length(max=MOST_NUMBERS),
    )


class SettingsToSave(Schema):
    """Whatever of the settings is to change; `thresholds` by the segment's number."""

    thresholds = fields.Dict(keys=fields.String(validate=BIT), values=fields.Nested(Numbers))


class Thresholds(Schema):
    """One segment's definition, and its version: saving names it, so that nobody overwrites what they did not see."""

    version = fields.Integer(required=True)
    definition = fields.Raw(required=True)


class Settings(Schema):
    """All settings as they are."""

    thresholds = fields.Dict(keys=fields.String(), values=fields.Nested(Thresholds), required=True)


class SettingsSaved(Schema):
    """The answer to saving: what was otherwise before, and how all is now."""

    changed = fields.List(fields.String(), required=True)
    settings = fields.Nested(Settings, required=True)
    status = fields.Nested(admin_responses.Status, required=True)
