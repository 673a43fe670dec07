"""Orders read by columns are the rows that reading them as JSON gives, or are left to it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.history import listed_rows
from plugin.schemas import admin_lines, admin_rows
from plugin.schemas.admin_rows import Listed
from plugin.shopify import bulk_queries
from tests.conftest import start
from tests.support.installed import ON_SQLITE

SEEN = "|20260101000000000000|import"
TIMES = st.datetimes().map(lambda at: f"{at.replace(year=1970 + at.year % 130):%Y-%m-%dT%H:%M:%SZ}")
CODES = st.none() | st.sampled_from(("CA", "ON", "13", "Q ROO", ""))
# Not asked for, not there, or with its codes.
ADDRESSES = st.sampled_from(({}, {"displayAddress": None})) | st.builds(
    lambda country, province: {"displayAddress": {"countryCodeV2": country, "provinceCode": province}},
    st.sampled_from((None, "CA", "JP")),
    CODES,
)
DECIMALS = {"USD": 2, "JPY": 0, "KWD": 3}


@st.composite
def orders(draw: st.DrawFn, currency: str) -> list[dict[str, Any]]:
    """An order as a bulk operation writes it, and its lines."""
    gid = f"gid://shopify/Order/{draw(st.integers(1, 10**15))}"
    buyer = draw(st.none() | st.integers(1, 10**15))
    amounts = st.decimals(0, 10**9, places=DECIMALS[currency]).map(str) | st.sampled_from(("5.0", "7", "10.0000"))
    node = {
        "id": gid,
        "processedAt": draw(TIMES),
        "updatedAt": draw(TIMES),
        "cancelledAt": draw(st.none() | TIMES),
        "test": draw(st.booleans()),
        "displayFinancialStatus": draw(st.sampled_from(("PAID", "PARTIALLY_REFUNDED", None))),
        **draw(ADDRESSES),
        "customer": buyer and {"id": f"gid://shopify/Customer/{buyer}"},
        "currentTotalPriceSet": {"shopMoney": {"amount": draw(amounts), "currencyCode": currency}},
        "currentSubtotalPriceSet": {"shopMoney": {"amount": draw(amounts)}},
    }
    bought = draw(st.lists(st.tuples(st.integers(0, 999), st.booleans()), max_size=4))
    return [node, *({"currentQuantity": n, "isGiftCard": gift, "__parentId": gid} for n, gift in bought)]


def written(records: list[dict[str, Any]], slashes: str = "/") -> bytes:
    lines = [json.dumps(record, separators=(",", ":")).replace("/", slashes) + "\n" for record in records]
    return "".join(lines).encode()


def as_json(lines: bytes, listed: Listed) -> list[tuple]:
    return [admin_rows.order(node, children, listed) for node, children in bulk_queries.objects(lines)]


@given(data=st.data(), currency=st.sampled_from(sorted(DECIMALS)), slashes=st.sampled_from(("/", "\\/")))
def test_a_row_read_by_columns_is_the_row_read_as_json(data, currency, slashes):
    listed = Listed(currency, SEEN)
    lines = b"".join(written(order, slashes) for order in data.draw(st.lists(orders(currency), max_size=4)))
    assert admin_lines.orders(lines, listed) == as_json(lines, listed)


ODD = {
    "another currency": ('"USD"', '"EUR"'),
    "less than nothing": ('"amount":"', '"amount":"-'),
    "too exact an amount": (".00", ".005"),
    "a far too large amount": ('"amount":"', '"amount":"1234567890123'),
    "another time zone": ("Z", "+02:00"),
    "parts of a second": ("Z", ".5Z"),
    "a province of other letters": ('"ON"', '"Öd"'),
    "a province with a quote in it": ('"ON"', '"O\\"N"'),
    "a country that is none": ('"CA"', '"Ca"'),
    "a thirteenth month": ("-01-", "-13-"),
    "before there were shops": ("2026-", "1931-"),
    "another key": ('"test"', '"beta":1,"test"'),
    "a space": ('":', '": '),
    "an empty line": ("\n", "\n\n"),
    "cut short": ("}\n", "\n"),
    "a line of another order": ('__parentId":"gid://shopify/Order/', '__parentId":"gid://shopify/Order/9'),
}
PLAIN = {
    "id": "gid://shopify/Order/1",
    "processedAt": "2026-01-01T00:00:00Z",
    "updatedAt": "2026-01-01T00:00:00Z",
    "cancelledAt": None,
    "test": False,
    "displayFinancialStatus": "PAID",
    "displayAddress": {"countryCodeV2": "CA", "provinceCode": "ON"},
    "customer": None,
    "currentTotalPriceSet": {"shopMoney": {"amount": "5.00", "currencyCode": "USD"}},
    "currentSubtotalPriceSet": {"shopMoney": {"amount": "5.00"}},
}
ITS_LINE = {"currentQuantity": 1, "isGiftCard": False, "__parentId": PLAIN["id"]}


@pytest.mark.parametrize("oddity", ODD)
def test_what_looks_any_different_is_left_to_json(oddity):
    listed = Listed("USD", SEEN)
    plain = written([PLAIN, ITS_LINE])
    odd = plain.decode().replace(*ODD[oddity]).encode()
    assert odd != plain
    assert admin_lines.orders(plain, listed) == as_json(plain, listed)
    assert admin_lines.orders(plain + odd, listed) is None


def test_lines_without_their_order_are_left_to_json():
    assert admin_lines.orders(written([ITS_LINE]), Listed("USD", SEEN)) is None


@given(counts=st.lists(st.integers(0, 5), max_size=12), size=st.integers(1, 900))
def test_a_block_in_parts_is_the_block_and_no_order_is_torn_apart(counts, size):
    block = b"".join(written([PLAIN, *[ITS_LINE] * count]) for count in counts)
    parts = list(bulk_queries.parts(block, size))
    assert b"".join(parts) == block
    assert sum(len(as_json(part, Listed("USD", SEEN))) for part in parts) == len(counts)


@ON_SQLITE
@pytest.mark.parametrize("approved", ["true", "false"])
def test_the_files_of_the_store_are_read_by_columns(new_shop, monkeypatch, approved):
    monkeypatch.setenv("ADDRESSES_APPROVED", approved)
    start()
    shop = new_shop()
    shop.buyers(3)
    shop.buy(None)
    monkeypatch.setattr(listed_rows, "_read", None)
    shop.install()
    assert [(run.state, run.error) for run in shop.runs()] == [("done", None)]
    assert len(shop.tagged("first-time")) == 3
