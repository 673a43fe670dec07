"""One Admin API request, from body to answer: cost, bucket, execution. `shopify_side` has checked the token already.

Reference: https://shopify.dev/docs/api/usage/limits
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)

from dev_store import admin_schema, bulk_rules, cost
from dev_store.bulk_operations import MUTATION, QUERY, BulkOperations
from dev_store.customers import Announce
from dev_store.files import Files
from dev_store.state import Shop

# What an app whose address Shopify does not know is kept from, when asked to.
_BULK_STARTS = {"bulkOperationRunQuery": QUERY, "bulkOperationRunMutation": MUTATION}
_LIMITS = "https://shopify.dev/api/usage/rate-limits"


class Forbidden(Exception):
    """HTTP 403: bulk operations are refused to this address."""


@dataclass(slots=True)
class Call:
    """What every resolver of one request may see."""

    shop: Shop
    now: datetime
    scopes: frozenset[str]
    bulk: BulkOperations
    files: Files
    announce: Announce
    warnings: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Counters:
    """What the Admin API was asked for so far."""

    requests: int = 0
    points: int = 0
    throttled: int = 0
    mutations: int = 0
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *, points: int = 0, mutations: int = 0, throttled: int = 0, refused: int = 0) -> None:
        """Count one request and what it came to."""
        with self.lock:
            self.requests += 1
            self.points += points
            self.mutations += mutations
            self.throttled += throttled
            self.refused += refused


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document read once: parsed, checked against the schema, its fragments sorted out."""

    document: DocumentNode
    errors: tuple[GraphQLError, ...]
    fragments: dict[str, FragmentDefinitionNode]


class AdminApi:
    """The Admin API of every shop."""

    def __init__(self) -> None:
        self.schema: GraphQLSchema = admin_schema.build()
        self.counters = Counters()
        self._prepare = lru_cache(maxsize=512)(self._read)

    def answer(self, call: Call, body: Mapping[str, Any], *, throttle: bool = False) -> dict[str, Any]:
        """Run one document; `throttle` answers THROTTLED whatever the bucket holds."""
        query, variables = body.get("query"), body.get("variables") or {}
        if not isinstance(query, str) or not isinstance(variables, dict):
            return self._refuse([{"message": "Required parameter missing or invalid", "extensions": _BAD}])
        try:
            prepared = self._prepare(query)
        except GraphQLError as error:
            return self._refuse([error.formatted])
        operation = get_operation_ast(prepared.document, body.get("operationName"))
        if prepared.errors or operation is None:
            errors = [error.formatted for error in prepared.errors]
            return self._refuse(errors or [{"message": "No operation with this name", "extensions": _BAD}])
        for asked in bulk_rules.selected(operation.selection_set, prepared.fragments):
            kind = _BULK_STARTS.get(asked.name.value)
            if kind and call.bulk.conduct(kind).refused == "403":
                raise Forbidden
        requested = cost.requested(self.schema, operation, prepared.fragments, variables)
        if requested > cost.HIGHEST_COST:
            return self._refuse([_too_expensive(requested)])
        if throttle or not call.shop.bucket.take(requested):
            self.counters.add(throttled=1)
            extensions = {"code": "THROTTLED", "documentation": _LIMITS}
            errors = [{"message": "Throttled", "extensions": extensions}]
            return {"errors": errors, "extensions": {"cost": _cost(call, requested, None)}}
        return self._run(call, prepared, operation, body, variables, requested)

    def _run(
        self,
        call: Call,
        prepared: Prepared,
        operation: OperationDefinitionNode,
        body: Mapping[str, Any],
        variables: dict[str, Any],
        requested: int,
    ) -> dict[str, Any]:
        with call.shop.lock:
            result = execute_sync(
                self.schema,
                prepared.document,
                context_value=call,
                variable_values=variables,
                operation_name=body.get("operationName"),
            )
        writes = operation.operation is OperationType.MUTATION
        spent = requested
        if not writes:
            spent = min(requested, cost.actual(self.schema, operation, prepared.fragments, result.data))
            call.shop.bucket.give_back(requested - spent)
        self.counters.add(points=spent, mutations=requested // cost.MUTATION if writes else 0)
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        answer["extensions"] = {"cost": _cost(call, requested, spent)}
        if call.warnings:
            answer["extensions"]["search"] = call.warnings
        return answer

    def _read(self, query: str) -> Prepared:
        document = parse(query)
        return Prepared(document, tuple(validate(self.schema, document)), bulk_rules.fragments_of(document))

    def _refuse(self, errors: list[Any]) -> dict[str, Any]:
        self.counters.add(refused=1)
        return {"errors": errors}


_BAD = {"code": "BAD_REQUEST"}


def encode(answer: Mapping[str, Any]) -> bytes:
    """An answer as it goes over the wire."""
    return json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()


def _cost(call: Call, requested: int, actual: int | None) -> dict[str, Any]:
    return {
        "requestedQueryCost": requested,
        "actualQueryCost": actual,
        "throttleStatus": call.shop.bucket.status(),
    }


def _too_expensive(requested: int) -> dict[str, Any]:
    limit = cost.HIGHEST_COST
    return {
        "message": f"Query cost is {requested}, which exceeds the single query max cost limit ({limit}).",
        "extensions": {
            "code": "MAX_COST_EXCEEDED",
            "cost": requested,
            "maxCost": limit,
            "documentation": _LIMITS,
        },
    }
