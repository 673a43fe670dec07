"""Bulk mutations: one mutation, run once for each line of variables an app has uploaded; results as JSONL.

Shopify promises no order of the lines, so they are run and written in a shuffled one, told apart by `__lineNumber`.
Reference: https://shopify.dev/docs/api/usage/bulk-operations/imports
"""

import itertools
import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final

from graphql import DocumentNode, GraphQLError, GraphQLSchema, execute_sync

from dev_store import bulk_operations, bulk_rules, files
from dev_store.bulk_operations import MUTATION, BulkOperation, BulkOperations

_WINDOW = 500
_BREATH = 50
_IDENTIFIER_LENGTHS = range(10, 256)
_NO_SUCH_FILE: Final = (
    "The JSONL file could not be found. Try uploading the file again, and check that you've entered the URL correctly "
    "for the stagedUploadPath mutation argument."
)


def run(
    _: Any,
    asked: Any,
    mutation: str,
    stagedUploadPath: str,  # noqa: N803 - the argument's name in the API
    clientIdentifier: str | None = None,  # noqa: N803 - as above
    **_grouping: bool,
) -> dict[str, Any]:
    """bulkOperationRunMutation: check the mutation and the file, start, and answer at once; a thread does the rest."""
    call, bulk = asked.context, asked.context.bulk
    conduct = bulk.conduct(MUTATION)
    document, problem = bulk_rules.check_mutation(mutation, asked.schema, disallowed=conduct.disallowed)
    if document is None:
        return bulk_operations.refused(*problem)
    if clientIdentifier is not None and len(clientIdentifier) not in _IDENTIFIER_LENGTHS:
        said = "Client identifier must be between 10 and 255 characters"
        return bulk_operations.refused(["clientIdentifier"], said)
    if conduct.refused:
        return bulk_operations.refused(None, "Refused on request", conduct.refused)
    path = call.files.uploaded(call.shop, stagedUploadPath)
    if path is None:
        return bulk_operations.refused(None, _NO_SUCH_FILE, "NO_SUCH_FILE")
    if unfit := _unfit(path):
        return bulk_operations.refused(None, unfit, "INVALID_STAGED_UPLOAD_FILE")
    operation = bulk.start(MUTATION, mutation, clientIdentifier)
    if operation is None:
        return bulk_operations.in_progress(bulk, MUTATION)
    created = replace(operation)
    work = (bulk, operation, asked.schema, document, call, path)
    threading.Thread(target=carry_out, args=work, daemon=True, name=f"bulk {operation.id}").start()
    return {"bulkOperation": created, "userErrors": []}


def carry_out(
    bulk: BulkOperations, operation: BulkOperation, schema: GraphQLSchema, document: DocumentNode, call: Any, path: Path
) -> None:
    """Run a started mutation for every line and end it."""
    bulk.carry_out(operation, lambda result: _write(bulk, operation, schema, document, call, path, result))


def _write(
    bulk: BulkOperations,
    operation: BulkOperation,
    schema: GraphQLSchema,
    document: DocumentNode,
    call: Any,
    path: Path,
    result: IO[bytes],
) -> None:
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    with path.open("rb") as uploaded:
        for number, line in _shuffled(uploaded, bulk.conduct(MUTATION).seed):
            if not bulk.goes_on(operation):
                return
            answer = _answer(bulk, schema, document, call, line)
            # Shopify writes slashes escaped, which any reader of JSON undoes.
            result.write((encode({**answer, "__lineNumber": number}).replace("/", "\\/") + "\n").encode())
            operation.root_object_count += 1
            operation.object_count += 1
            if operation.object_count % _BREATH == 0:
                time.sleep(0)  # let requests have the interpreter


def _shuffled(uploaded: IO[bytes], seed: int) -> Iterator[tuple[int, bytes]]:
    draws = random.Random(seed)
    lines = ((number, line) for number, line in enumerate(uploaded) if line.strip())
    while window := list(itertools.islice(lines, _WINDOW)):
        draws.shuffle(window)
        yield from window


def _answer(
    bulk: BulkOperations, schema: GraphQLSchema, document: DocumentNode, call: Any, line: bytes
) -> dict[str, Any]:
    variables = _variables(line)
    if variables is None:
        return {"errors": [{"message": "The line is not a JSON object"}]}
    now = bulk.now()
    with bulk.shop.lock:
        # As of this line: scopes may have been taken away meanwhile, and webhooks carry the instant of their change.
        current = replace(call, now=now, scopes=bulk.shop.scopes, announce=bulk.announcer(now), warnings=[])
        outcome = execute_sync(schema, document, context_value=current, variable_values=variables)
    for error in outcome.errors or ():
        if (error.extensions or {}).get("code") == "ACCESS_DENIED":
            raise GraphQLError(error.message)
    errors = [error.formatted for error in outcome.errors or ()]
    return {"data": outcome.data, **({"errors": errors} if errors else {})}


def _unfit(path: Path) -> str | None:
    size = path.stat().st_size
    if size == 0:
        return "The input file is empty."
    if size > files.LARGEST_UPLOAD:
        return "The input file exceeds the maximum allowed size of 100 MB."
    with path.open("rb") as uploaded:
        first = next((line for line in uploaded if line.strip()), b"")
    return None if _variables(first) is not None else "Unexpected file structure - expected JSONL"


def _variables(line: bytes) -> dict[str, Any] | None:
    try:
        held = json.loads(line)
    except ValueError:
        return None
    return held if isinstance(held, dict) else None
