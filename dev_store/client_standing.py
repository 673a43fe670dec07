"""The part of `client` that plays what concerns the app as a whole: tokens, scopes, removal, privacy (control_standing
answers). `triggered_at` (ISO 8601) says when it happened; now, if nothing is said.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dev_store.control_http import ControlHttp


class StandingClient:
    """The app's standing in a shop."""

    _control: ControlHttp

    def id_token(self, handle: str, user: str = "42") -> str:
        """What App Bridge would hand to the app's page."""
        return str(self._control.get(f"/store/{handle}/id_token", {"user": user})["id_token"])

    def revoke_tokens(self, handle: str) -> dict[str, Any]:
        """End every token of the app."""
        return self._control.post(f"/dev/shops/{handle}/revoke_tokens", {})

    def expire_tokens(self, handle: str) -> dict[str, Any]:
        """End every access token; refresh tokens live on."""
        return self._control.post(f"/dev/shops/{handle}/expire_tokens", {})

    def install_link(self, handle: str) -> str:
        """Where a merchant's browser is sent to install the app when Shopify does not manage that."""
        return str(self._control.get(f"/dev/shops/{handle}/install_link")["address"])

    def uninstall(self, handle: str, triggered_at: str | None = None) -> dict[str, Any]:
        """The merchant removes the app."""
        return self._control.post(f"/dev/shops/{handle}/uninstall", {"triggered_at": triggered_at})

    def grant_scopes(self, handle: str, scopes: Iterable[str], triggered_at: str | None = None) -> dict[str, Any]:
        """Replace what the app may do; it is told if that changes anything."""
        body = {"scopes": sorted(scopes), "triggered_at": triggered_at}
        return self._control.post(f"/dev/shops/{handle}/scopes", body)

    def update_shop(self, handle: str, triggered_at: str | None = None, **changes: str) -> dict[str, Any]:
        """Change the shop's name, currency, timezone or plan."""
        return self._control.post(f"/dev/shops/{handle}/update", changes | {"triggered_at": triggered_at})

    def request_data(self, handle: str, customer: int, triggered_at: str | None = None) -> int:
        """A customer asks what is stored about them; the number of the request."""
        body = {"customer": customer, "triggered_at": triggered_at}
        return int(self._control.post(f"/dev/shops/{handle}/data_request", body)["id"])

    def redact_customer(self, handle: str, customer: int, triggered_at: str | None = None) -> None:
        """A customer asks to be forgotten."""
        self._control.post(f"/dev/shops/{handle}/customer_redact", {"customer": customer, "triggered_at": triggered_at})

    def redact_shop(self, handle: str, triggered_at: str | None = None) -> None:
        """The app is to forget the shop."""
        self._control.post(f"/dev/shops/{handle}/shop_redact", {"triggered_at": triggered_at})

    def send_webhook(
        self, handle: str, topic: str, payload: Mapping[str, Any], triggered_at: str | None = None
    ) -> dict[str, Any]:
        """Send any payload to whoever subscribed to the topic and may hear of it."""
        body = {"topic": topic, "payload": dict(payload), "triggered_at": triggered_at}
        return self._control.post(f"/dev/shops/{handle}/webhook", body)
