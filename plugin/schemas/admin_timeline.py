"""What happened to a customer, as the JSON API answers it a piece at a time (admin_ui.customer_page)."""

import re

from marshmallow import EXCLUDE, Schema, ValidationError, fields

# Microseconds since 1970, which table, which of its rows.
PLACE = re.compile(r"[0-9]{1,16}-[0-2]-([0-9]{1,19})", re.ASCII)
LARGEST_ID = 2**63 - 1


class Happened(Schema):
    """One line: when, in words and as an instant, and what, in words; `kind` chooses its sign."""

    at = fields.String(required=True)
    moment = fields.String(required=True)
    words = fields.String(required=True)
    kind = fields.String(required=True)


class Timeline(Schema):
    """Newest first. `after`: what to ask for the next piece with; null behind the last."""

    events = fields.List(fields.Nested(Happened), required=True)
    after = fields.String(required=True, allow_none=True)


def _is_place(after: str) -> None:
    found = PLACE.fullmatch(after)
    if after and (found is None or int(found[1]) > LARGEST_ID):
        raise ValidationError("There is no such place.")


class PieceAsked(Schema):
    """Which piece: empty for the newest."""

    class Meta:
        """Whatever else stands in an address is not for us."""

        unknown = EXCLUDE

    after = fields.String(load_default="", validate=_is_place)
