"""Bulk queries: started by a mutation, run in the background, their results read from the staged-uploads host.

One `BulkOperations` a shop. `announce` is told when an operation ends, so that bulk_operations/finish can go out.
"""

import itertools
import json
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from graphql import GraphQLError

from dev_store import bulk_plan, bulk_rules, ids
from dev_store.bulk_plan import Branch
from dev_store.resolvers import Asked

RESULTS_HOST = "shopify-staged-uploads.storage.googleapis.com"
MOST_RUNNING = 5
_BATCH = 500


@dataclass(slots=True)
class BulkOperation:
    """One bulk query as the API shows it."""

    id: int
    query: str
    created_at: datetime
    status: str = "CREATED"
    error_code: str | None = None
    completed_at: datetime | None = None
    object_count: int = 0
    root_object_count: int = 0
    file_size: int | None = None
    url: str | None = None
    partial_data_url: str | None = None


@dataclass(slots=True)
class BulkOperations:
    """The bulk operations of one shop."""

    directory: Path
    now: Callable[[], datetime]
    announce: Callable[[BulkOperation], None]
    failures: list[str] = field(default_factory=list)
    _operations: dict[int, BulkOperation] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(7_933_224_000_001))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, number: int) -> BulkOperation | None:
        """The operation with this number, if there is one."""
        return self._operations.get(number)

    def running(self) -> list[BulkOperation]:
        """The operations that have not ended."""
        return [o for o in self._operations.values() if o.completed_at is None]

    def start(self, query: str) -> BulkOperation | None:
        """A new operation, or None while as many as allowed are running."""
        with self._lock:
            if len(self.running()) >= MOST_RUNNING:
                return None
            operation = BulkOperation(next(self._numbers), query, self.now())
            self._operations[operation.id] = operation
            return operation

    def cancel(self, operation: BulkOperation) -> bool:
        """Ask a running operation to stop after the batch in its hands; False if it has ended already."""
        with self._lock:
            if operation.completed_at is None:
                operation.status = "CANCELING"
            return operation.completed_at is None

    def run(self, operation: BulkOperation, roots: tuple[Branch, ...], lock: Any, grouped: bool) -> None:
        """Write the result of a started operation and end it, one way or another."""
        name = f"{uuid.uuid4()}.jsonl"
        path = self.directory / name
        if operation.status == "CREATED":
            operation.status = "RUNNING"
        ends = "COMPLETED"
        try:
            with path.open("wb") as result:
                _write(operation, roots, lock, grouped, result)
        except GraphQLError:
            ends, operation.error_code = "FAILED", "ACCESS_DENIED"
        except Exception:
            ends, operation.error_code = "FAILED", "INTERNAL_SERVER_ERROR"
            raise
        finally:
            self._end(operation, ends, path)

    def _end(self, operation: BulkOperation, ends: str, path: Path) -> None:
        if operation.status == "CANCELING":
            ends = "CANCELED"
        elif ends == "COMPLETED" and self.failures:
            ends, operation.error_code = "FAILED", self.failures.pop(0)
        size = path.stat().st_size
        url = f"https://{RESULTS_HOST}/bulk/{path.name}" if size else None
        if ends == "COMPLETED":
            operation.url, operation.file_size = url, size or None
        else:
            operation.partial_data_url = url
        with self._lock:
            operation.completed_at = self.now()
            operation.status = "CANCELED" if operation.status == "CANCELING" else ends
        self.announce(operation)


def run_query(_: Any, asked: Any, query: str, **options: bool) -> dict[str, Any]:
    """bulkOperationRunQuery: check, start, and answer at once; a thread does the rest."""
    call = asked.context
    document, problems = bulk_rules.check(query, asked.schema)
    if document is None:
        return _refused(["query"], problems, "INVALID")
    try:
        roots = bulk_plan.compile_plan(asked.schema, document, call)
    except bulk_plan.UnsupportedQuery as error:
        return _refused(["query"], [str(error)], "INVALID")
    bulk: BulkOperations = call.bulk
    operation = bulk.start(query)
    if operation is None:
        running = ", ".join(ids.gid("BulkOperation", o.id) for o in bulk.running())
        said = f"A bulk query operation for this app and shop is already in progress: {running}."
        return _refused(None, [said], "OPERATION_IN_PROGRESS")
    created = replace(operation)
    work = (operation, roots, call.shop.lock, options["groupObjects"])
    threading.Thread(target=bulk.run, args=work, daemon=True, name=f"bulk {operation.id}").start()
    return {"bulkOperation": created, "userErrors": []}


def cancel(_: Any, asked: Asked, id: str) -> dict[str, Any]:  # noqa: A002 - the argument's name in the API
    """bulkOperationCancel: ask the thread to stop after the batch in its hands."""
    parsed = ids.parse(id)
    if parsed is None or parsed[0] != "BulkOperation":
        raise GraphQLError("invalid id", extensions={"code": "RESOURCE_NOT_FOUND"})
    bulk: BulkOperations = asked.context.bulk
    operation = bulk.find(parsed[1])
    if operation is None:
        return _refused(["id"], ["Bulk operation does not exist"], None)
    if not bulk.cancel(operation):
        said = f"A bulk operation cannot be canceled when it is {operation.status.lower()}"
        return {**_refused(None, [said], None), "bulkOperation": operation}
    return {"bulkOperation": replace(operation), "userErrors": []}


MUTATIONS: dict[str, Callable[..., Any]] = {"bulkOperationCancel": cancel, "bulkOperationRunQuery": run_query}


def _refused(at: list[str] | None, messages: list[str], code: str | None) -> dict[str, Any]:
    errors = [{"field": at, "message": message, "code": code} for message in messages]
    return {"bulkOperation": None, "userErrors": errors}


def _write(operation: BulkOperation, roots: tuple[Branch, ...], lock: Any, grouped: bool, result: IO[bytes]) -> None:
    with tempfile.TemporaryFile() as later:
        # Grouped, children follow their parent; otherwise Shopify promises no order, so they come far from it.
        below = result if grouped else later
        for root in roots:
            with lock:
                batches = list(bulk_plan.batches(root, _BATCH))
            for batch in batches:
                if operation.status == "CANCELING":
                    return
                with lock:
                    _put_batch(operation, root, batch, result, below)
                time.sleep(0)  # let requests have the interpreter
        later.seek(0)
        shutil.copyfileobj(later, result)


def _put_batch(operation: BulkOperation, root: Branch, batch: list[Any], result: IO[bytes], below: IO[bytes]) -> None:
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    children = 0
    for node in batch:
        shown = root.show(node)
        result.write((encode(shown) + "\n").encode())
        for line in bulk_plan.lines_below(root, node, shown):
            below.write((encode(line) + "\n").encode())
            children += 1
    operation.root_object_count += len(batch)
    operation.object_count += len(batch) + children
