"""Speaks the control API of a running development store. The CLI, the demo and the tests steer it with this."""

from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from dev_store.client_commerce import CommerceClient
from dev_store.client_products import ProductsClient
from dev_store.client_segments import SegmentsClient
from dev_store.client_standing import StandingClient
from dev_store.control_http import ControlHttp, DevStoreRefused

__all__ = ["DevStoreClient", "DevStoreRefused"]


class DevStoreClient(CommerceClient, ProductsClient, SegmentsClient, StandingClient):
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

    # -- time and trouble --------------------------------------------------------------------------------------------

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

    def disorder(self, **rates: Any) -> None:
        """Drop (only drop_topics, if given), duplicate, delay or reorder deliveries with these rates and a seed;
        nothing given ends it.
        """
        self._control.post("/dev/disorder", rates)

    def stats(self) -> dict[str, Any]:
        """Requests, points, throttled, mutations, refused, deliveries by outcome, faults met by kind."""
        return self._control.get("/dev/stats")

    def deliveries(self, topic: str | None = None, shop: str | None = None) -> list[dict[str, Any]]:
        """The journal of deliveries."""
        return self._control.list("/dev/deliveries", {k: v for k, v in {"topic": topic, "shop": shop}.items() if v})

    def wait_for_deliveries(self, timeout: float | None = None) -> bool:
        """Wait until no delivery is under way; False if the time-out came first."""
        return bool(self._control.post("/dev/wait", {"timeout": timeout})["quiet"])
