"""Speaks the control API of a running development store. The CLI, the demo and the tests steer it with this."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from dev_store.control_http import ControlHttp, DevStoreRefused

__all__ = ["DevStoreClient", "DevStoreRefused"]


class DevStoreClient:
    """One development store, by the address it serves on."""

    def __init__(self, base_url: str) -> None:
        self._control = ControlHttp(base_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._control.close()

    # -- shops and their past -------------------------------------------------------------------------------------

    def health(self) -> dict[str, Any]:
        """Answers once the store is up."""
        return self._control.get("/dev/health")

    def create_shop(self, handle: str, **options: Any) -> dict[str, Any]:
        """Open a shop: name, currency, timezone, plan, scopes."""
        return self._control.post("/dev/shops", {"handle": handle} | options)

    def shops(self) -> list[dict[str, Any]]:
        """Every shop."""
        return self._control.list("/dev/shops")

    def shop(self, handle: str) -> dict[str, Any]:
        """One shop with its figures."""
        return self._control.get(f"/dev/shops/{handle}")

    def load(
        self,
        handle: str,
        directory: Path | str,
        known_until: datetime | None = None,
        shift_to_end: datetime | None = None,
    ) -> dict[str, Any]:
        """Read a history into a shop; the answer tells the counts and `shift_seconds`."""
        body = {
            "directory": str(Path(directory).resolve()),
            "known_until": known_until.isoformat() if known_until else None,
            "shift_to_end": shift_to_end.isoformat() if shift_to_end else None,
        }
        return self._control.post(f"/dev/shops/{handle}/load", body)

    def advance(self, to: datetime, deliver: bool = True) -> dict[str, Any]:
        """Let everything before `to` happen, wait for its webhooks, set the clock to `to`."""
        return self._control.post("/dev/advance", {"to": to.isoformat(), "deliver": deliver})

    def place_upcoming(self, handle: str, count: int) -> dict[str, Any]:
        """Let the next `count` upcoming events happen now."""
        return self._control.post(f"/dev/shops/{handle}/upcoming", {"count": count})

    def progress(self) -> dict[str, Any]:
        """How far a load or an advance is: task, done, total, unfinished."""
        return self._control.get("/dev/progress")

    # -- merchants and buyers -------------------------------------------------------------------------------------

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
        """Place an order of lines {price, quantity, title, gift_card} for a customer, a new one, or a guest (None)."""
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

    def merge_customers(self, handle: str, kept: int, gone: int) -> dict[str, Any]:
        """Make two customers one."""
        return self._control.post(f"/dev/shops/{handle}/customers/{kept}/merge", {"gone": gone})

    def delete_customer(self, handle: str, number: int, force: bool = False) -> None:
        """Remove a customer; one with orders only by force."""
        self._control.send("DELETE", f"/dev/shops/{handle}/customers/{number}", params={"force": int(force)})

    # -- the app's standing, time and trouble ---------------------------------------------------------------------

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

    # In all of these `triggered_at` (ISO 8601) says when it happened; now, if nothing is said.

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

    def calls(self, handle: str, target: Literal["admin", "oauth"] | None = None) -> list[dict[str, Any]]:
        """The app's latest calls: target, token (a digest), status, and grant: exchange, refresh, code or None."""
        return self._control.list(f"/dev/shops/{handle}/calls", {"target": target} if target else None)

    def forget_calls(self) -> None:
        """Begin a new journal of calls, for every shop."""
        self._control.send("DELETE", "/dev/calls")

    def bulk_operations(self, handle: str) -> list[dict[str, Any]]:
        """Every bulk operation: id, type, query, client_identifier, status, error_code, counts."""
        return self._control.list(f"/dev/shops/{handle}/bulk")

    def bulk_conduct(self, handle: str, kind: Literal["QUERY", "MUTATION"] | None = None, **conduct: Any) -> None:
        """How bulk operations behave from now on: seconds, held_after, refused ("403" or a user error's code),
        disallowed, seed. Nothing given: as usual; those that stood still go on.
        """
        self._control.post(f"/dev/shops/{handle}/bulk/conduct", {"kind": kind} | conduct)

    def fail_next_bulk(self, handle: str, error_code: str | None = "INTERNAL_SERVER_ERROR", **ending: Any) -> None:
        """Let the next bulk operation end as FAILED; or with `status`, `after` so many objects, of one `kind`."""
        self._control.post(f"/dev/shops/{handle}/bulk/ending", {"error_code": error_code} | ending)

    def expire_results(self, handle: str, gone: bool = False) -> None:
        """Void the addresses of bulk results; asking for the operation gives good ones, unless they are gone."""
        self._control.post(f"/dev/shops/{handle}/bulk/expire", {"gone": gone})

    def now(self) -> datetime:
        """The instant the shops live in."""
        return datetime.fromisoformat(self._control.get("/dev/clock")["now"])

    def set_clock(self, setting: str | datetime) -> datetime:
        """Stand still at an instant, run ahead by an offset such as +3600, or with "" follow the machine."""
        text = setting.isoformat() if isinstance(setting, datetime) else setting
        return datetime.fromisoformat(self._control.post("/dev/clock", {"setting": text})["now"])

    def fault(self, kind: str, **options: Any) -> None:
        """Let calls fail: an HTTP status, timeout, cut or throttled; target, shop, remaining, rate, after, seed ..."""
        self._control.post("/dev/faults", {"kind": kind} | options)

    def clear_faults(self) -> None:
        """End all faults."""
        self._control.send("DELETE", "/dev/faults")

    def disorder(self, **rates: float) -> None:
        """Drop, duplicate, delay or reorder deliveries with these rates and a seed; nothing given ends it."""
        self._control.post("/dev/disorder", rates)

    def stats(self) -> dict[str, Any]:
        """Requests, points, throttled, mutations, refused, and deliveries by outcome."""
        return self._control.get("/dev/stats")

    def deliveries(self, topic: str | None = None, shop: str | None = None) -> list[dict[str, Any]]:
        """The journal of deliveries."""
        return self._control.list("/dev/deliveries", {k: v for k, v in {"topic": topic, "shop": shop}.items() if v})

    def wait_for_deliveries(self, timeout: float | None = None) -> bool:
        """Wait until no delivery is under way; False if the time-out came first."""
        return bool(self._control.post("/dev/wait", {"timeout": timeout})["quiet"])
