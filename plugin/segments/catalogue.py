"""Every preset there is: definitions that merchants take over and change, with the idea behind each.

catalogue.yaml holds them; a new one is a new entry there and a row in docs/segments.md. The page and `presets` read
them. Nothing evaluates a preset by its key.
"""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

OF_A_DEFINITION = ("name", "tag", "conditions", "keep", "ladder", "minimum_stay")


@dataclass(frozen=True, slots=True)
class Preset:
    key: str
    group: str
    idea: str
    """What shops do with the tag, in one phrase."""
    blanks: Mapping[str, str]
    """What the merchant has to replace, such as `conditions.0.category`, and the question to ask."""
    _definition: Mapping[str, Any]

    def definition(self) -> dict[str, Any]:
        """A copy for the merchant to change."""
        return copy.deepcopy(dict(self._definition))


@cache
def presets() -> tuple[Preset, ...]:
    """All of them, in the order they are shown in."""
    text = resources.files("plugin.segments").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    return tuple(_preset(entry) for entry in yaml.safe_load(text))


def definitions(keys: Iterable[str]) -> list[dict[str, Any]]:
    """The definitions of the presets with these keys, in that order; KeyError if there is no such preset."""
    by_key = {preset.key: preset for preset in presets()}
    return [by_key[key].definition() for key in keys]


def _preset(entry: Mapping[str, Any]) -> Preset:
    definition = {name: entry[name] for name in OF_A_DEFINITION if name in entry}
    unknown = set(entry) - set(definition) - {"key", "group", "idea", "blanks"}
    if unknown:
        raise ValueError(f"preset {entry['key']} has entries nobody reads: {', '.join(sorted(unknown))}")
    return Preset(entry["key"], entry["group"], entry["idea"], entry.get("blanks", {}), definition)
