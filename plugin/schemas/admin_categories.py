"""Categories of products a merchant can choose from, as the JSON API has them (admin_ui.categories_api)."""

from marshmallow import EXCLUDE, Schema, fields, validate


class Asked(Schema):
    """What is looked for."""

    class Meta:
        """Whatever else stands in an address is not for us."""

        unknown = EXCLUDE

    kind = fields.String(
        required=True, validate=validate.OneOf(("product_type", "vendor", "product_tag", "collection"))
    )
    starts = fields.String(load_default="", validate=validate.Length(max=255))


class Choice(Schema):
    """`value` is what a definition says: `{kind: value}`."""

    kind = fields.String(required=True)
    value = fields.String(required=True)
    title = fields.String(required=True)


class Choices(Schema):
    """`permitted`: whether products may be read; a segment about products waits for that."""

    choices = fields.List(fields.Nested(Choice), required=True)
    permitted = fields.Boolean(required=True)
