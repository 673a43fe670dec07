"""Orders of a bulk result read by columns: the very rows of plugin.schemas.admin_rows, in half the time.

Called by the import. Only lines of the shape Shopify gives them are read here; what looks any different is left to a
reader of JSON. Never guesses.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugin.schemas import places
from plugin.schemas.admin_rows import FIRST_SECOND, LAST_SECOND, SECOND, Listed, Row

IntArray = NDArray[np.int64]

GID = r"gid:\\?/\\?/shopify\\?/"
INSTANT = r'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z"'
# In the order in which plugin/shopify/documents/bulk_orders.graphql asks for them.
ORDER = (
    r'^\{"id":"' + GID + r'Order\\?/(\d{1,18})","processedAt":' + INSTANT + r',"updatedAt":' + INSTANT +
    r',"cancelledAt":(?:null|' + INSTANT + r'),"test":(true|false),"displayFinancialStatus":(?:null|"([A-Z_]+)"),'
    r'(?:"displayAddress":(?:null|\{"countryCodeV2":(?:null|"([A-Z]{2})"),"provinceCode":(?:null|"([\w .-]*)")\}),)?'
    r'"customer":(?:null|\{"id":"' + GID + r'Customer\\?/(\d{1,18})"\}),'
    r'"currentTotalPriceSet":\{"shopMoney":\{"amount":AMOUNT,"currencyCode":"CURRENCY"\}\},'
    r'"currentSubtotalPriceSet":\{"shopMoney":\{"amount":AMOUNT\}\}\}\n'
    r'((?:\{"currentQuantity":\d{1,9},"isGiftCard":(?:true|false),"__parentId":"' + GID + r'Order\\?/\1"\}\n)*)'
)  # fmt: skip
# Zeros behind the currency's own decimals say nothing.
AMOUNT = r'"(\d{1,12})(?:\.(\d{0,DECIMALS})0*)?"'
LINE = re.compile(rb'"currentQuantity":(\d+),"isGiftCard":(true|false)')
NEVER_CANCELLED = b"1970-01-01T00:00:00"


def orders(lines: bytes, listed: Listed) -> list[Row] | None:
    """Whole orders with their lines as rows of admin_rows.order; None if any line is of another shape."""
    found = _pattern(listed.currency, listed.minor_units).findall(lines)
    children = [each[-1] for each in found]
    counts = [each.count(b"\n") for each in children]
    if len(found) + sum(counts) != lines.count(b"\n"):
        return None
    if not found:
        return []
    ids, processed, updated, cancelled, test, status, country, province, buyers, *amounts, _ = zip(*found, strict=True)
    total, cents, subtotal, subcents = amounts
    try:
        processed_at, updated_at = _instants(processed), _instants(updated)
        cancelled_at = _instants(at or NEVER_CANCELLED for at in cancelled)
    except ValueError:  # a thirteenth month
        return None
    if processed_at.min() < FIRST_SECOND or processed_at.max() >= LAST_SECOND:
        return None
    statuses = {each: each.decode().lower() or None for each in set(status)}
    return list(
        zip(
            _integers(ids).tolist(),
            [int(buyer) if buyer else None for buyer in buyers],
            processed_at.tolist(),
            _minor(total, cents, listed.minor_units).tolist(),
            _minor(subtotal, subcents, listed.minor_units).tolist(),
            _units(children, counts).tolist(),
            [statuses[each] for each in status],
            [each == b"true" for each in test],
            [at if text else None for at, text in zip(cancelled_at.tolist(), cancelled, strict=True)],
            updated_at.tolist(),
            _versions(updated, listed.seen),
            *zip(*_places(country, province), strict=True),
            strict=True,
        )
    )


@cache
def _pattern(currency: str, minor_units: int) -> re.Pattern[bytes]:
    amount = AMOUNT.replace("DECIMALS", str(minor_units))
    text = ORDER.replace("AMOUNT", amount).replace("CURRENCY", re.escape(currency))
    return re.compile(text.encode(), re.MULTILINE)


def _integers(digits: Iterable[bytes]) -> IntArray:
    return np.fromstring(b",".join(digits), np.int64, sep=",")


def _instants(written: Iterable[bytes]) -> IntArray:
    seconds: IntArray = np.array(list(written), "S19").astype("M8[s]").astype(np.int64)
    return seconds * SECOND


def _minor(wholes: Sequence[bytes], parts: Sequence[bytes], minor_units: int) -> IntArray:
    if not minor_units:
        return _integers(wholes)
    minor: IntArray = _integers(wholes) * 10**minor_units
    return minor + _integers(part.ljust(minor_units, b"0") for part in parts)


def _units(children: Sequence[bytes], counts: Sequence[int]) -> IntArray:
    """How many things each order holds that are no gift cards."""
    units = np.zeros(len(counts), np.int64)
    found: list[Any] = LINE.findall(b"".join(children))
    if found:
        quantities, gifts = zip(*found, strict=True)
        bought = _integers(quantities) * np.array([gift == b"false" for gift in gifts])
        np.add.at(units, np.repeat(np.arange(len(counts)), counts), bought)
    return units


def _places(countries: Sequence[bytes], provinces: Sequence[bytes]) -> list[places.Place]:
    told = list(zip(countries, provinces, strict=True))
    codes = {each: places.of_codes(*(code.decode() for code in each)) for each in set(told)}
    return [codes[each] for each in told]


def _versions(updated: Sequence[bytes], seen: str) -> list[str]:
    """As plugin.history.ledger.version writes them."""
    digits = b",".join(updated).translate(None, b"-:T").decode().split(",")
    return [f"{each}000000{seen}" for each in digits]
