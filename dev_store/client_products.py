"""The part of `client` that plays a merchant's catalogue (control_products answers)."""

from collections.abc import Iterable
from typing import Any

from dev_store.control_http import ControlHttp


class ProductsClient:
    """What a shop sells."""

    _control: ControlHttp

    def put_product(self, handle: str, number: int, **described: Any) -> dict[str, Any]:
        """Make a product or describe it anew: title, product_type, vendor, tags, collections (by title)."""
        return self._control.put(f"/dev/shops/{handle}/products/{number}", described)

    def collect_product(self, handle: str, number: int, titles: Iterable[str]) -> dict[str, Any]:
        """Put a product into these collections and no others, without a webhook: a rule of the shop did it."""
        return self._control.put(f"/dev/shops/{handle}/products/{number}/collections", {"titles": [*titles]})

    def delete_product(self, handle: str, number: int) -> None:
        """Remove a product for good."""
        self._control.send("DELETE", f"/dev/shops/{handle}/products/{number}")

    def collections(self, handle: str) -> dict[str, int]:
        """The numbers of the shop's collections, by title."""
        return self._control.get(f"/dev/shops/{handle}/products/collections")
