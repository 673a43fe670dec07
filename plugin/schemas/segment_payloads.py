"""customer.joined_segment and customer.left_segment: ids and nothing else, not even when it happened."""

from typing import Any

from marshmallow import ValidationError, fields, post_load

from plugin.schemas.facts import SegmentChanged
from plugin.schemas.payload_fields import Payload
from plugin.shopify import ids


class SegmentPayload(Payload):
    """What both have in common."""

    customer_id = fields.String(required=True)
    segment_id = fields.String(required=True)

    def _changed(self, data: dict[str, Any], *, inside: bool) -> SegmentChanged:
        try:
            customer, segment = ids.number("Customer", data["customer_id"]), ids.number("Segment", data["segment_id"])
        except ValueError:
            raise ValidationError("Not the global ids of a customer and a segment") from None
        return SegmentChanged(customer, segment, inside)


class JoinedPayload(SegmentPayload):
    """customer.joined_segment."""

    @post_load
    def changed(self, data: dict[str, Any], **_: Any) -> SegmentChanged:
        """Who is in which segment now."""
        return self._changed(data, inside=True)


class LeftPayload(SegmentPayload):
    """customer.left_segment."""

    @post_load
    def changed(self, data: dict[str, Any], **_: Any) -> SegmentChanged:
        """Who is not in which segment any more."""
        return self._changed(data, inside=False)
