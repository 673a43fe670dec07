"""How `client` reaches the control API: JSON over one kept-alive connection, refusals as DevStoreRefused."""

from collections.abc import Mapping
from typing import Any

import httpx


class DevStoreRefused(Exception):
    """The development store would not do it; the message says why."""


class ControlHttp:
    """The control API of one development store."""

    def __init__(self, base_url: str) -> None:
        # Loading and advancing take as long as they take.
        # A connection is not used again after a pause: the server may be about to close it.
        limits = httpx.Limits(keepalive_expiry=1)
        self._http = httpx.Client(base_url=base_url, timeout=httpx.Timeout(None, connect=5), limits=limits)

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One object."""
        answer: dict[str, Any] = self.send("GET", path, params=params)
        return answer

    def list(self, path: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Several objects."""
        answer: list[dict[str, Any]] = self.send("GET", path, params=params)
        return answer

    def post(self, path: str, body: Any) -> dict[str, Any]:
        """Have something done."""
        answer: dict[str, Any] = self.send("POST", path, json=body)
        return answer

    def put(self, path: str, body: Any) -> dict[str, Any]:
        """Have something be so."""
        answer: dict[str, Any] = self.send("PUT", path, json=body)
        return answer

    def send(self, method: str, path: str, **options: Any) -> Any:
        """Any request; its JSON."""
        response = self._http.request(method, path, **options)
        if response.is_error:
            raise DevStoreRefused(f"{method} {path}: {response.status_code} {response.text[:500]}")
        return response.json()
