"""The app's webhook subscriptions and scopes, read from its shopify.app.toml as `shopify app deploy` would."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Subscription:
    """One topic the app wants, where to, and which fields of it (none named: all)."""

    topic: str
    url: str
    include_fields: tuple[str, ...] = ()
    name: str | None = None
    metafield_namespaces: tuple[str, ...] = ()

    def trim(self, payload: Any) -> Any:
        """The payload with the subscribed fields only, and metafields of the subscribed namespaces."""
        if "metafields" in payload:
            shown = [each for each in payload["metafields"] if each["namespace"] in self.metafield_namespaces]
            payload = {**payload, "metafields": shown} if self.metafield_namespaces else _without(payload, "metafields")
        return _trimmed(payload, _tree(self.include_fields)) if self.include_fields else payload


@dataclass(frozen=True, slots=True)
class AppFile:
    """What shopify.app.toml says that the store acts on."""

    api_version: str
    scopes: frozenset[str]
    optional_scopes: frozenset[str]
    subscriptions: tuple[Subscription, ...]


def read(path: Path, app_url: str) -> AppFile:
    """Read the file; relative addresses are below `app_url`."""
    content = tomllib.loads(path.read_text())
    webhooks = content.get("webhooks", {})
    asked = content.get("access_scopes", {})
    return AppFile(
        api_version=webhooks.get("api_version", "2026-10"),
        scopes=frozenset(scope for text in asked.get("scopes", "").split(",") if (scope := text.strip())),
        optional_scopes=frozenset(asked.get("optional_scopes", ())),
        subscriptions=tuple(_subscriptions(webhooks.get("subscriptions", []), app_url.rstrip("/"))),
    )


def _subscriptions(blocks: Sequence[Mapping[str, Any]], app_url: str) -> list[Subscription]:
    return [
        Subscription(
            topic,
            app_url + block["uri"] if block["uri"].startswith("/") else block["uri"],
            tuple(block.get("include_fields", ())),
            block.get("name"),
            tuple(block.get("metafield_namespaces", ())),
        )
        for block in blocks
        for topic in [*block.get("topics", ()), *block.get("compliance_topics", ())]
    ]


def _without(payload: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in payload.items() if each != name}


def _tree(paths: Sequence[str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path in paths:
        here = tree
        for step in path.split("."):
            here = here.setdefault(step, {})
    return tree


def _trimmed(value: Any, tree: Mapping[str, Any]) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_trimmed(item, tree) for item in value]
    if isinstance(value, dict):
        return {name: _trimmed(value[name], below) for name, below in tree.items() if name in value}
    return value
