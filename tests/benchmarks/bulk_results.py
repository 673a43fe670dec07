"""Writes a made-up store as the files Shopify's bulk operations would leave: customers, and orders with their lines."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from plugin.segments.columns import seconds
from tests.benchmarks import stores
from tests.benchmarks.stores import MadeStore

CUSTOMER = (
    '{"id":"gid://shopify/Customer/%d","createdAt":"%s","tags":[],"numberOfOrders":"%d",'
    '"amountSpent":{"amount":"%d.00","currencyCode":"USD"},'
    '"defaultEmailAddress":{"marketingState":"NOT_SUBSCRIBED","marketingUpdatedAt":null}}\n'
)
ORDER = (
    '{"id":"gid://shopify/Order/%d","processedAt":"%s","updatedAt":"%s","cancelledAt":%s,"test":false,'
    '"displayFinancialStatus":"%s","customer":{"id":"gid://shopify/Customer/%d"},'
    '"currentTotalPriceSet":{"shopMoney":{"amount":"%s","currencyCode":"USD"}},'
    '"currentSubtotalPriceSet":{"shopMoney":{"amount":"%s"}}}\n'
)
LINE = '{"currentQuantity":%d,"isGiftCard":false,"__parentId":"gid://shopify/Order/%d"}\n'
LINED = (
    '{"currentQuantity":%d,"isGiftCard":false,"quantity":%d,"product":{"id":"gid://shopify/Product/%d"},'
    '"originalTotalSet":{"shopMoney":{"amount":"%d.00"}},"discountAllocations":[],'
    '"__parentId":"gid://shopify/Order/%d"}\n'
)
MOST_LINES = 3
# Of a shop that is asked what its customers bought.
PRODUCTS = 2_000
YEARS_BEFORE = timedelta(days=365 * (stores.YEARS + 1))


def write(store: MadeStore, folder: Path, *, lined: bool = False) -> int:
    """Both files, with the products of each line if they were asked for; returns how many orders there are."""
    counts = np.diff(store.starts)
    joined = _written(seconds(stores.AS_OF - YEARS_BEFORE))
    with (folder / "customers.jsonl").open("w") as file:
        for customer_id, count in zip(store.customer_ids.tolist(), counts.tolist(), strict=True):
            file.write(CUSTOMER % (customer_id, joined, count, 10 * count))
    status = np.where(store.refunded, "REFUNDED", np.where(store.partly_refunded, "PARTIALLY_REFUNDED", "PAID"))
    # Shopify lists by number, and numbers rise with time: a customer's orders lie all over the file.
    by_number = np.argsort(store.orders["order_id"], kind="stable")
    columns = (store.orders, store.whose(), status, store.cancelled)
    with (folder / "orders.jsonl").open("w") as file:
        for record, customer_id, paid, cancelled in zip(*(each[by_number].tolist() for each in columns), strict=True):
            order_id, spend, processed_at, units = record
            amount, at = f"{spend // 100}.{spend % 100:02}", _written(processed_at)
            gone = f'"{at}"' if cancelled else "null"
            file.write(ORDER % (order_id, at, at, gone, paid, customer_id, amount, amount))
            lines = min(units, MOST_LINES)
            for number in range(lines):
                left = units - lines + 1 if number == 0 else 1
                bought = (left, left, 1 + order_id * (number + 1) % PRODUCTS, 10 * left, order_id)
                file.write(LINED % bought if lined else LINE % (left, order_id))
    return len(store.orders)


def _written(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"
