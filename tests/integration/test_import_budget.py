"""What an import page by page, and looking up single orders, leave of a shop's budget to others."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from plugin.history import listing, order_lookup
from plugin.shopify import http, line_items, throttle
from plugin.shopify.admin_api import AdminClient
from plugin.shopify.throttle import LEFT_FOR_OTHERS
from tests.support.installed import ON_ONE_DATABASE
from tests.support.scripted import ScriptedShop

MAXIMUM, RESTORED_A_SECOND = 2000, 500
END = {"hasNextPage": False, "endCursor": None}
GID = "gid://shopify/Order/1"


def pages(client: AdminClient) -> None:
    list(listing.batches(client, listing.ORDERS, "", listing.by_pages(total=0), print))


def look_up(client: AdminClient) -> None:
    order_lookup._fetch(client, [1], lined=False)


def more_lines(client: AdminClient) -> None:
    line_items.all_of(client, {"id": GID, "lineItems": {"nodes": [], "pageInfo": {"hasNextPage": True, **CURSOR}}})


CURSOR = {"endCursor": "x"}
LISTED = {"orders": {"nodes": [], "pageInfo": END}, "nodes": [], "order": {"lineItems": {"nodes": [], "pageInfo": END}}}


@pytest.mark.parametrize(
    ("ask", "cost"),
    [(pages, listing.ORDERS.cost), (look_up, order_lookup.QUERY_COST), (more_lines, line_items.PAGE_COST)],
    ids=["pages", "look-ups", "more lines"],
)
@pytest.mark.usefixtures("settings")
@ON_ONE_DATABASE
def test_who_has_time_waits_until_a_share_is_left_to_others(ask: Callable[[AdminClient], None], cost: float):
    throttle.of.cache_clear()
    short = 0.4 * RESTORED_A_SECOND
    left: dict[str, Any] = {
        "maximumAvailable": MAXIMUM,
        "currentlyAvailable": cost + LEFT_FOR_OTHERS * MAXIMUM - short,
        "restoreRate": RESTORED_A_SECOND,
    }
    with ScriptedShop({"data": LISTED, "extensions": {"cost": {"throttleStatus": left}}}) as shop:
        client = AdminClient(httpx.Client(transport=http.DevelopmentStore(shop.url)), "s.myshopify.com", "t", "2026-10")
        client.execute("{ shop { id } }")
        began = time.monotonic()
        ask(client)
        assert 0.3 <= time.monotonic() - began < 1.5
    assert len(shop.requests) == 2
