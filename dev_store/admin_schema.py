"""The schema of admin.graphql with its resolvers. Built once at the start; `admin_api` runs documents against it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, build_schema

from dev_store import bulk_mutations, bulk_operations, bulk_queries, fields, resolvers, staged_uploads
from dev_store.bulk_operations import BulkOperation
from dev_store.segments import Segment
from dev_store.state import Collection, Customer, LineItem, Order, Product, Shop

_TYPE_NAMES: dict[type, str] = {
    BulkOperation: "BulkOperation",
    Collection: "Collection",
    Customer: "Customer",
    LineItem: "LineItem",
    Order: "Order",
    Product: "Product",
    Segment: "Segment",
    Shop: "Shop",
}


# Beside the fields of admin.graphql in `fields`; these change something.
MUTATIONS: dict[str, Callable[..., Any]] = {
    "bulkOperationCancel": bulk_operations.cancel,
    "bulkOperationRunMutation": bulk_mutations.run,
    "bulkOperationRunQuery": bulk_queries.run,
    "stagedUploadsCreate": staged_uploads.create,
    "tagsAdd": resolvers.add_tags,
    "tagsRemove": resolvers.remove_tags,
}


def build() -> GraphQLSchema:
    """Read admin.graphql and give every field its resolver; a field without one is an error here, not later."""
    schema = build_schema(Path(__file__).with_name("admin.graphql").read_text())
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInterfaceType):
            kind.resolve_type = _type_name
        elif isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                field.resolve = _resolver(kind.name, name)
    return schema


def _resolver(kind: str, name: str) -> Any:
    if kind == "Mutation":
        return MUTATIONS[name]
    return fields.FIELDS[kind][name]


def _type_name(record: Any, *_: Any) -> str:
    return _TYPE_NAMES[type(record)]
