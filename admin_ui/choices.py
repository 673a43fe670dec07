"""Settings as the page's form writes them, read into those of plugin.shop.shop_settings, and the other way round.

`settings_api` uses both. What cannot be is said field by field, all of it at once.
"""

from collections.abc import Callable, Mapping
from typing import Any

from admin_ui import language
from plugin.shop.shop_settings import ACCEPTABLE, LARGEST_LEAST, ShopSettings

PERCENT = 100


def read(wanted: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Fields of ShopSettings, and what is wrong by the name of the field."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, written_so in wanted.items():
        key, read_one = READ.get(name, (name, _as_it_is))
        value = read_one(written_so)
        if value is None or not ACCEPTABLE[key](value):
            errors[name] = _refusal(name)
        values[key] = value
    return values, errors


def written(settings: ShopSettings) -> dict[str, Any]:
    """As the form shows them."""
    shown = {name: getattr(settings, name) for name in ("spend_is_total", "foreign_removal", "rfm_scale", "tag_prefix")}
    return shown | {
        "counted_statuses": sorted(settings.counted_statuses),
        "brake_percent": round(settings.brake_share * PERCENT),
        "brake_least": settings.brake_least,
    }


def named(key: str) -> str:
    """What the form calls a field of ShopSettings."""
    return next((name for name, (read_as, _) in READ.items() if read_as == key), key)


def _as_it_is(written_so: Any) -> Any:
    return written_so


def _count(written_so: Any) -> int | None:
    if isinstance(written_so, int) and not isinstance(written_so, bool):
        return written_so
    text = written_so.strip() if isinstance(written_so, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_LEAST)) else None


def _share(written_so: Any) -> float | None:
    percent = _count(written_so)
    return None if percent is None else percent / PERCENT


READ: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "counted_statuses": ("counted_statuses", frozenset),
    "brake_percent": ("brake_share", _share),
    "brake_least": ("brake_least", _count),
}


def _refusal(name: str) -> str:
    say = language.current().text
    return {
        "counted_statuses": say("Choose at least one: without any order nobody is in a segment."),
        "tag_prefix": say("At most 40 characters, no space at the beginning, and none of , ' \" \\ in it."),
        "brake_percent": say("A whole number from 1 to 100."),
        "brake_least": say("A whole number, at least 1."),
    }.get(name, say("This choice does not exist."))
