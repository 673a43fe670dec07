"""The part of `client` that plays merchants and buyers: orders and customers of one shop (control_commerce answers)."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from dev_store.control_http import ControlHttp


class CommerceClient:
    """What happens in a shop without the app."""

    _control: ControlHttp

    def tags(self, handle: str) -> dict[str, list[int]]:
        """Every tag in use, with the numbers of the customers who carry it."""
        return self._control.get(f"/dev/shops/{handle}/tags")

    def orders(self, handle: str, customer: int | None = None) -> list[dict[str, Any]]:
        """All orders, or one customer's, as webhooks would show them."""
        return self._control.list(f"/dev/shops/{handle}/orders", {} if customer is None else {"customer": customer})

    def order(self, handle: str, number: int) -> dict[str, Any]:
        """One order as webhooks would show it."""
        return self._control.get(f"/dev/shops/{handle}/orders/{number}")

    def place_order(
        self,
        handle: str,
        lines: Iterable[Mapping[str, Any]],
        customer: int | Literal["new"] | None = "new",
        **options: Any,
    ) -> dict[str, Any]:
        """Place an order of lines {price, quantity, discount, product, title, gift_card} for a customer, a new one, or
        a guest (None).

        It goes to the customer's own place unless `country` (None: it does not say) and `province` name another.
        """
        body = {"lines": [dict(line) for line in lines], "customer": customer} | options
        return self._control.post(f"/dev/shops/{handle}/orders", body)

    def pay_order(self, handle: str, number: int) -> dict[str, Any]:
        """The money for an unpaid order arrives."""
        return self._control.post(f"/dev/shops/{handle}/orders/{number}/pay", {})

    def refund_order(
        self, handle: str, number: int, lines: Iterable[Mapping[str, Any]] | None = None
    ) -> dict[str, Any]:
        """Refund lines {index, quantity, amount}, or all that is left."""
        return self._control.post(
            f"/dev/shops/{handle}/orders/{number}/refund", {} if lines is None else {"lines": [*lines]}
        )

    def cancel_order(self, handle: str, number: int, reason: str = "customer") -> dict[str, Any]:
        """Call an order off."""
        return self._control.post(f"/dev/shops/{handle}/orders/{number}/cancel", {"reason": reason})

    def send_elsewhere(
        self, handle: str, number: int, country: str | None, province: str | None = None
    ) -> dict[str, Any]:
        """Correct where an order goes."""
        body = {"country": country, "province": province}
        return self._control.post(f"/dev/shops/{handle}/orders/{number}/address", body)

    def edit_order(
        self,
        handle: str,
        number: int,
        added: Iterable[Mapping[str, Any]] = (),
        removed: Iterable[Mapping[str, Any]] = (),
    ) -> dict[str, Any]:
        """Add lines {price, quantity} and take off units {index, quantity}."""
        return self._control.post(
            f"/dev/shops/{handle}/orders/{number}/edit", {"added": [*added], "removed": [*removed]}
        )

    def delete_order(self, handle: str, number: int) -> None:
        """Remove an order for good."""
        self._control.send("DELETE", f"/dev/shops/{handle}/orders/{number}")

    def customers(self, handle: str) -> list[dict[str, Any]]:
        """Every customer with tags and order numbers."""
        return self._control.list(f"/dev/shops/{handle}/customers")

    def customer(self, handle: str, number: int) -> dict[str, Any]:
        """One customer with tags and order numbers."""
        return self._control.get(f"/dev/shops/{handle}/customers/{number}")

    def create_customer(self, handle: str) -> dict[str, Any]:
        """Somebody signs up."""
        return self._control.post(f"/dev/shops/{handle}/customers", {})

    def update_customer(self, handle: str, number: int) -> dict[str, Any]:
        """Something about the customer changes."""
        return self._control.post(f"/dev/shops/{handle}/customers/{number}/update", {})

    def tag_customer(
        self, handle: str, number: int, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Change a customer's tags as the merchant would."""
        return self._control.post(f"/dev/shops/{handle}/customers/{number}/tags", {"add": [*add], "remove": [*remove]})

    def set_consent(self, handle: str, number: int, state: str) -> dict[str, Any]:
        """A customer agrees to marketing by mail, or no longer does: SUBSCRIBED, UNSUBSCRIBED ..."""
        return self._control.post(f"/dev/shops/{handle}/customers/{number}/consent", {"state": state})

    def set_metafield(
        self, handle: str, number: int, namespace: str, key: str, value: str, **options: Any
    ) -> dict[str, Any]:
        """Keep something on a customer: type, updated_at, and touches (False: the customer counts as unchanged)."""
        body = {"namespace": namespace, "key": key, "value": value} | options
        return self._control.post(f"/dev/shops/{handle}/customers/{number}/metafield", body)

    def merge_customers(self, handle: str, kept: int, gone: int) -> dict[str, Any]:
        """Make two customers one."""
        return self._control.post(f"/dev/shops/{handle}/customers/{kept}/merge", {"gone": gone})

    def delete_customer(self, handle: str, number: int, force: bool = False) -> None:
        """Remove a customer; one with orders only by force."""
        self._control.send("DELETE", f"/dev/shops/{handle}/customers/{number}", params={"force": int(force)})
