"""Bulk operations: Shopify runs a query over everything, or a mutation for every line of an uploaded file, in the
background and leaves the result as a JSONL file.

References: https://shopify.dev/docs/api/usage/bulk-operations/queries and .../imports
"""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from plugin.shopify import errors
from plugin.shopify.admin_api import AdminClient, document

UNFINISHED = {"CREATED", "RUNNING", "CANCELING"}
COMPLETED = "COMPLETED"
# Shopify runs so many mutations at a time for an app in a shop, and as many queries.
MOST_RUNNING = 5
# The page of operations that `newest` asks for, as Shopify counts it.
NEWEST_COST = 55
# Whoever's clock is wrong: an operation started now is looked for from so long before.
CLOCKS_DIFFER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """One bulk operation as Shopify last described it. `url` is None when the result is empty; of an operation that
    did not end well `partial_url` leads to what was done before.
    """

    id: str
    status: str
    error_code: str | None
    created_at: datetime
    object_count: int
    root_object_count: int
    url: str | None
    partial_url: str | None

    @property
    def unfinished(self) -> bool:
        """Whether Shopify is still at it."""
        return self.status in UNFINISHED


def fetch(client: AdminClient, operation_id: str) -> BulkOperation | None:
    """How an operation stands; None if Shopify does not know it (any more)."""
    found = client.execute(document("bulk_operation"), {"id": operation_id}, cost=1)["bulkOperation"]
    if found is None:
        return None
    return BulkOperation(
        id=found["id"],
        status=found["status"],
        error_code=found["errorCode"],
        created_at=datetime.fromisoformat(found["createdAt"]),
        object_count=int(found["objectCount"]),
        root_object_count=int(found["rootObjectCount"]),
        url=found["url"],
        partial_url=found["partialDataUrl"],
    )


def start_mutation(client: AdminClient, mutation: str, path: str, identifier: str) -> str:
    """Start a bulk mutation over an uploaded file and return its global id. Not repeated after a lost answer.

    OperationInProgress when all places are taken, UserErrors for any other refusal.
    """
    variables = {"mutation": mutation, "path": path, "identifier": identifier}
    answer = client.execute(document("bulk_operation_run_mutation"), variables, again=False)["bulkOperationRunMutation"]
    return started(answer)


def find_mutation(client: AdminClient, name: str, since: datetime) -> str | None:
    """The bulk mutation whose text contains `name`, if one was started since: its answer may have been lost."""
    made = newest(client, "mutation", since - CLOCKS_DIFFER)
    return next((str(each["id"]) for each in made if name in each["query"]), None)


def cancel(client: AdminClient, operation_id: str) -> None:
    """Ask Shopify to stop an operation; one that has ended meanwhile stays as it is."""
    client.execute(document("bulk_operation_cancel"), {"id": operation_id})


def answers(http: httpx.Client, url: str, skip: int = 0) -> Iterator[dict[str, Any]]:
    """Stream a bulk mutation's result but for the first `skip` lines: `data`, and whose it is in `__lineNumber`."""
    for line in itertools.islice(_lines(http, url), skip, None):
        yield json.loads(line)


def started(answer: dict[str, Any]) -> str:
    """The global id of the operation that an answer says was started.

    OperationInProgress when all of the shop's places are taken, UserErrors for any other refusal.
    """
    problems = answer["userErrors"]
    if problems or not answer["bulkOperation"]:
        busy = any(problem["code"] == "OPERATION_IN_PROGRESS" for problem in problems)
        kind = errors.OperationInProgress if busy else errors.UserErrors
        raise kind("; ".join(str(problem["message"]) for problem in problems))
    return str(answer["bulkOperation"]["id"])


def newest(client: AdminClient, kind: str, since: datetime) -> list[dict[str, Any]]:
    """Ids and texts of the operations ("query" or "mutation") that were started last, none before `since`."""
    search = f"operation_type:{kind} created_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"
    found = client.execute(document("bulk_operations"), {"query": search}, cost=NEWEST_COST)
    nodes: list[dict[str, Any]] = found["bulkOperations"]["nodes"]
    return nodes


def _lines(http: httpx.Client, url: str) -> Iterator[str]:
    try:
        with http.stream("GET", url) as response:
            if response.status_code != 200:
                raise errors.ShopUnavailable(f"A bulk result could not be fetched: {response.status_code}")
            yield from (line for line in response.iter_lines() if line)
    except httpx.HTTPError as error:
        raise errors.ShopUnavailable(f"A bulk result broke off: {type(error).__name__}") from error
