"""The part of `client` that plays a merchant's customer segments (control_segments answers)."""

from typing import Any

from dev_store.control_http import ControlHttp


class SegmentsClient:
    """Segments of one shop."""

    _control: ControlHttp

    def segments(self, handle: str) -> list[dict[str, Any]]:
        """Every segment: id, name, query."""
        return self._control.list(f"/dev/shops/{handle}/segments")

    def create_segment(self, handle: str, name: str, query: str) -> int:
        """Keep a segment such as "number_of_orders >= 2 AND customer_tags CONTAINS 'vip'"; its number."""
        return int(self._control.post(f"/dev/shops/{handle}/segments", {"name": name, "query": query})["id"])

    def fail_segment(
        self, handle: str, number: int, message: str | None = "The segment's query is no longer valid"
    ) -> None:
        """Answer whoever asks for its members with an error; None ends it."""
        self._control.post(f"/dev/shops/{handle}/segments/{number}/failing", {"message": message})

    def delete_segment(self, handle: str, number: int) -> None:
        """Drop a segment."""
        self._control.send("DELETE", f"/dev/shops/{handle}/segments/{number}")
