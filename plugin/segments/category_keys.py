"""Categories of products as conditions name them: a product type, vendor, tag, collection or a single product.

A key is the kind, a colon and the value: `product_type:Coffee`. Pure; plugin.standing.categories finds their orders.
"""

import unicodedata
from collections.abc import Mapping

from plugin.segments.voice import Said

NUMBERED = ("collection", "product")
KINDS = ("product_type", "vendor", "product_tag", *NUMBERED)
LONGEST = 255
LARGEST_ID = 2**63 - 1


def parse(raw: object) -> str:
    """The key of what was written, such as {product_type: Coffee}; ValueError says in plain words why there is none."""
    if not isinstance(raw, Mapping) or len(raw) != 1:
        known = {"example": "{product_type: Coffee}", "known": ", ".join(KINDS)}
        raise ValueError(Said("must name one category, such as {example}: one of {known}", **known))
    ((kind, value),) = raw.items()
    if kind not in KINDS:
        raise ValueError(
            Said("{written} is not known here; known are {known}", written=str(kind), known=", ".join(KINDS))
        )
    return f"{kind}:{_id(value) if kind in NUMBERED else _text(value)}"


def written(key: str) -> dict[str, str]:
    """The form `parse` reads."""
    kind, _, value = key.partition(":")
    return {kind: value}


def _id(value: object) -> int:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not (text.isascii() and text.isdigit()) or not 0 < int(text) <= LARGEST_ID:
        raise ValueError(Said("must be Shopify's number of it, such as 1234567890"))
    return int(text)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(Said("must be a text"))
    if len(value) > LONGEST or any(unicodedata.category(each) in ("Cc", "Zl", "Zp", "Cs") for each in value):
        raise ValueError(Said("must be one line of at most {most} characters", most=LONGEST))
    return value.strip()
