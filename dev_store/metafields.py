"""Metafields of customers: what other apps and the merchant keep on them. The control API sets them, the Admin API and
the messages of customers/update show them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dev_store import ids

FIELDS = ("createdAt", "id", "key", "legacyResourceId", "namespace", "type", "updatedAt", "value")


@dataclass(slots=True)
class Metafield:
    """One metafield; `value` is text whatever its type."""

    id: int
    namespace: str
    key: str
    value: str
    type: str
    created_at: datetime
    updated_at: datetime


def of(customer: Any, key: str, namespace: str | None) -> Metafield | None:
    """A customer's metafield; its namespace may stand before the key, or be left out for the app's own."""
    before, _, last = key.rpartition(".")
    found: Metafield | None = customer.metafields.get((namespace or before or "$app", last))
    return found


def shown(metafield: Metafield, name: str) -> Any:
    """A field of a metafield as GraphQL shows it."""
    if name == "id":
        return ids.gid("Metafield", metafield.id)
    if name == "legacyResourceId":
        return str(metafield.id)
    value = getattr(metafield, {"updatedAt": "updated_at", "createdAt": "created_at"}.get(name, name))
    return _written(value) if isinstance(value, datetime) else value


def in_message(metafields: Iterable[Metafield]) -> list[dict[str, Any]]:
    """As customers/update tells of them."""
    return [
        {
            "id": each.id,
            "namespace": each.namespace,
            "key": each.key,
            "value": each.value,
            "type": each.type,
            "created_at": _written(each.created_at),
            "updated_at": _written(each.updated_at),
        }
        for each in metafields
    ]


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"
