"""Bulk queries: checked and started by a mutation, run in a thread, written as JSONL.

Reference: https://shopify.dev/docs/api/usage/bulk-operations/queries
"""

import json
import shutil
import tempfile
import threading
import time
from dataclasses import replace
from typing import IO, Any

from dev_store import bulk_operations, bulk_plan, bulk_rules
from dev_store.bulk_operations import QUERY, BulkOperation, BulkOperations
from dev_store.bulk_plan import Branch

_BATCH = 500


def run(_: Any, asked: Any, query: str, groupObjects: bool) -> dict[str, Any]:  # noqa: N803 - the argument's name
    """bulkOperationRunQuery: check, start, and answer at once; a thread does the rest."""
    call, bulk = asked.context, asked.context.bulk
    document, problems = bulk_rules.check(query, asked.schema)
    if document is None:
        errors = [{"field": ["query"], "message": problem, "code": "INVALID"} for problem in problems]
        return {"bulkOperation": None, "userErrors": errors}
    if code := bulk.conduct(QUERY).refused:
        return bulk_operations.refused(None, "Refused on request", code)
    try:
        roots = bulk_plan.compile_plan(asked.schema, document, call)
    except bulk_plan.UnsupportedQuery as error:
        return bulk_operations.refused(["query"], str(error), "INVALID")
    operation = bulk.start(QUERY, query)
    if operation is None:
        return bulk_operations.in_progress(bulk, QUERY)
    created = replace(operation)
    work = (bulk, operation, roots, groupObjects)
    threading.Thread(target=carry_out, args=work, daemon=True, name=f"bulk {operation.id}").start()
    return {"bulkOperation": created, "userErrors": []}


def carry_out(bulk: BulkOperations, operation: BulkOperation, roots: tuple[Branch, ...], grouped: bool) -> None:
    """Write the result of a started query and end it."""
    bulk.carry_out(operation, lambda result: _write(bulk, operation, roots, grouped, result))


def _write(
    bulk: BulkOperations, operation: BulkOperation, roots: tuple[Branch, ...], grouped: bool, result: IO[bytes]
) -> None:
    lock = bulk.shop.lock
    with tempfile.TemporaryFile() as later:
        # Grouped, children follow their parent; otherwise Shopify promises no order, so they come far from it.
        below = result if grouped else later
        for root in roots:
            with lock:
                batches = list(bulk_plan.batches(root, _piece(bulk, operation)))
            for batch in batches:
                if not bulk.goes_on(operation):
                    break
                with lock:
                    _put_batch(operation, root, batch, result, below)
                time.sleep(0)  # let requests have the interpreter
        later.seek(0)
        shutil.copyfileobj(later, result)


def _piece(bulk: BulkOperations, operation: BulkOperation) -> int:
    # Small enough to stop where it is to stop.
    stops = (bulk.conduct(QUERY).held_after, operation.ending and operation.ending.after)
    return min([_BATCH, *(stop for stop in stops if stop)])


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
