"""What is told of Shopify's side: calls, what they cost, and what of a shop's bucket they leave."""

import pytest

from plugin import metrics
from plugin.shop import shops

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def value(counter, *labels: str) -> float:
    return (counter.labels(*labels) if labels else counter)._value.get()


def test_calls_are_counted_with_what_they_cost_and_leave(shop):
    calls, points = value(metrics.SHOPIFY_CALLS, metrics.ANSWERED), value(metrics.SHOPIFY_POINTS)
    left = metrics.SHOPIFY_LEFT._sum.get()
    shops.admin_client(shop.id).execute("{ shop { name } }")
    assert value(metrics.SHOPIFY_CALLS, metrics.ANSWERED) == calls + 1
    assert value(metrics.SHOPIFY_POINTS) > points
    assert left < metrics.SHOPIFY_LEFT._sum.get() <= left + 1


def test_throttled_and_failed_calls_are_counted_by_kind(shop):
    throttled, unavailable = (value(metrics.SHOPIFY_CALLS, kind) for kind in ("Throttled", "ShopUnavailable"))
    for kind in ("throttled", "500"):
        shop.store.fault(kind, shop=shop.handle, remaining=1)
        shops.admin_client(shop.id).execute("{ shop { name } }")
    assert value(metrics.SHOPIFY_CALLS, "Throttled") == throttled + 1
    assert value(metrics.SHOPIFY_CALLS, "ShopUnavailable") == unavailable + 1
