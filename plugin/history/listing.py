"""Lists all customers or orders of a shop: by a bulk operation or, where Shopify refuses those, page by page.

Where to go on is a place, a small dictionary that its user keeps with what was listed up to there: after a crash the
list goes on from it. Called by the import and by plugin.history.reconcile.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from plugin import clock
from plugin.db.types import from_microseconds, to_microseconds
from plugin.shopify import bulk_operations, bulk_queries, errors, http, line_items, places, throttle
from plugin.shopify.admin_api import AdminClient, document
from plugin.shopify.bulk_operations import BulkOperation
from plugin.shopify.bulk_queries import Grouped

log = structlog.get_logger()

Place = dict[str, Any]

# Bytes of a file that are folded in one transaction: some 50,000 orders. The more, the fewer pages of an index are
# written again and again; on SQLite a delivery waits for it, some half a second.
BLOCK = 20_000_000
# Shopify's accidents pass. What it fails at this often is listed page by page.
MOST_FAILURES = 3
# Shopify's clock and ours.
CLOCKS_APART = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Kind:
    """What is listed, and the documents it takes. `page` and `cost`: so many a page, in points at most.

    `fills`: words in the documents and what stands there instead, as GraphQL writes it. `lined`: with each line's
    product.
    """

    name: str
    bulk: str
    paged: str
    page: int
    cost: float
    fills: tuple[tuple[str, str], ...] = ()
    lined: bool = False

    def document(self, name: str) -> str:
        """One of the documents, as it is sent."""
        text = places.document(name)
        if self.lined:
            text = line_items.with_products(text)
        for word, instead in self.fills:
            text = text.replace(word, instead)
        return text


CUSTOMERS = Kind("customers", "bulk_customers", "customers_page", 250, 752)
ORDERS = Kind("orders", "bulk_orders", "orders_page", 50, 754)
# With what each order consists of; Shopify shows products only to who may read them.
LINED_ORDERS = Kind("orders", "bulk_orders", "orders_page", 25, 927, lined=True)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of what was listed, as it was at `seen_at` or later: lines of a file, or a page's objects with their lines.

    `place` is where the list goes on behind them; `total` how many there are in all, None if nobody knows.
    """

    place: Place
    seen_at: datetime
    total: int | None
    block: bytes = b""
    page: Grouped = ()

    @property
    def objects(self) -> Grouped:
        """Each object with its lines; they can be read once."""
        return self.page or bulk_queries.objects(self.block)

    @property
    def paged(self) -> bool:
        """Whether the list is made page by page."""
        return "paged" in self.place


class BeingPrepared(Exception):
    """Shopify is still at it: `found` objects so far."""

    def __init__(self, found: int) -> None:
        super().__init__()
        self.found = found


def batches(
    client: AdminClient, kind: Kind, search: str, place: Place, keep: Callable[[Place], None]
) -> Iterator[Batch]:
    """Everything from a place on that fits a search ("" is all); ends when all was listed.

    `keep` stores a place when there is nothing to be stored with it. Raises BeingPrepared and the ShopifyError tree.
    """
    if "paged" not in place:
        operation = _operation(client, kind, search, place, keep)
        if operation is not None:
            yield from _file(operation, place, keep)
            return
        place = by_pages()
        keep(place)
    yield from _pages(client, kind, search, place)


def by_pages(total: int | None = None) -> Place:
    """The place to begin at for a list that is to be made page by page; `total` if it was counted before."""
    return {"paged": True, "began": to_microseconds(clock.now()), "total": total}


def count(client: AdminClient, kind: Kind, search: str) -> int:
    """How many there are. Raises the ShopifyError tree."""
    counted = client.execute(document(f"{kind.name}_count"), {"query": search or None})
    return int(counted[f"{kind.name}Count"]["count"])


def _operation(
    client: AdminClient, kind: Kind, search: str, place: Place, keep: Callable[[Place], None]
) -> BulkOperation | None:
    """The finished operation whose result is to be read; None if the list has to be made page by page.

    1. Look how the operation stands that was started before. 2. One that came to nothing, or whose file is gone, is
    started anew. 3. The wish to start one is noted before: after a crash in between the operation is looked for.
    """
    text = _bulk_query(kind, search)
    operation = bulk_operations.fetch(client, place["operation"]) if "operation" in place else None
    if operation is not None and operation.unfinished:
        raise BeingPrepared(operation.root_object_count)
    if operation is not None and operation.status == "COMPLETED" and not place.get("gone"):
        return operation
    failures = int(place.get("failures", 0))
    if "operation" in place:
        reason = _why_lost(operation)
        log.warning("bulk_operation_lost", kind=kind.name, reason=reason)
        failures += 1
        if failures >= MOST_FAILURES:
            _page_by_page(client, kind, f"{failures} operations came to nothing, the last one: {reason}")
            return None
    started = _found_again(client, text, place)
    if started is None:
        keep({"starting": to_microseconds(clock.now()), "failures": failures})
        try:
            started = bulk_queries.start(client, text)
        except errors.OperationInProgress as error:
            raise BeingPrepared(0) from error
        except (errors.EgressRefused, errors.AccessDenied, errors.UserErrors) as error:
            _page_by_page(client, kind, str(error))
            return None
    keep({"operation": started, "offset": 0, "failures": failures})
    raise BeingPrepared(0)


def _why_lost(operation: BulkOperation | None) -> str:
    if operation is None:
        return "unknown to Shopify"
    return "its file is gone" if operation.status == "COMPLETED" else f"{operation.status} {operation.error_code}"


def _found_again(client: AdminClient, text: str, place: Place) -> str | None:
    """The operation a process started and died before it could note it."""
    if "starting" not in place:
        return None
    since = from_microseconds(place["starting"]) - CLOCKS_APART
    return bulk_queries.find(client, text, since)


def _page_by_page(client: AdminClient, kind: Kind, reason: str) -> None:
    """Without an IP allow-list Shopify refuses bulk operations and answers everything else: an ordinary call tells."""
    count(client, kind, "")
    log.warning("listing_page_by_page", kind=kind.name, reason=reason)


def _file(operation: BulkOperation, place: Place, keep: Callable[[Place], None]) -> Iterator[Batch]:
    if operation.url is None:  # an empty result
        yield Batch(place, operation.created_at, 0)
        return
    offset = int(place.get("offset", 0))
    place = {name: place[name] for name in ("operation", "failures", "refused") if name in place}
    try:
        for block, behind in bulk_queries.blocks(http.client(), operation.url, offset, BLOCK):
            offset = behind
            place = {name: place[name] for name in place if name != "refused"} | {"offset": offset}
            yield Batch(place, operation.created_at, operation.root_object_count, block=block)
    except bulk_queries.ResultGone:
        # The operation has just given this address: once is an accident, twice in a row means that the file is gone.
        keep(place | {"offset": offset} | ({"gone": True} if place.get("refused") else {"refused": True}))
        raise
    if not offset:  # not even an empty line
        yield Batch(place, operation.created_at, 0)


def _pages(client: AdminClient, kind: Kind, search: str, place: Place) -> Iterator[Batch]:
    """Page by page in the order of their numbers: what is new meanwhile comes last, and nothing is skipped."""
    began = from_microseconds(place["began"])
    variables = {"first": kind.page, "after": place.get("cursor"), "query": search or None}
    total = place.get("total")
    if total is None:
        total = count(client, kind, search)
    while True:
        answer = client.execute(kind.document(kind.paged), variables, cost=kind.cost, leave=throttle.LEFT_FOR_OTHERS)
        listed = answer[kind.name]
        objects = [(node, _lines(client, node)) for node in listed["nodes"]]
        variables["after"] = listed["pageInfo"]["endCursor"] or variables["after"]
        place = place | {"cursor": variables["after"], "total": total}
        yield Batch(place, began, total, page=objects)
        if not listed["pageInfo"]["hasNextPage"]:
            return


def _lines(client: AdminClient, node: dict[str, Any]) -> list[dict[str, Any]]:
    return line_items.all_of(client, node) if "lineItems" in node else []


def _bulk_query(kind: Kind, search: str) -> str:
    """The document with the search in it: bulk queries take no variables."""
    text = kind.document(kind.bulk)
    return text.replace(kind.name, f'{kind.name}(query: "{search}")', 1) if search else text
