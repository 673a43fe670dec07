"""The Admin API's schema as Shopify publishes it (introspection of 2026-10), which `make test` fetches."""

import gzip
import json
from functools import cache
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_client_schema

PATH = Path(__file__).parents[2] / ".cache" / "admin_2026-10.json.gz"


@cache
def published() -> dict:
    """The file's content; the test fails where it is absent."""
    if not PATH.exists():
        pytest.fail("No published schema here: run make test, which fetches it")
    with gzip.open(PATH) as file:
        return json.load(file)


@cache
def schema() -> GraphQLSchema:
    """The schema to validate documents against."""
    return build_client_schema(published()["data"], assume_valid=True)


@cache
def scopes_needed() -> dict[tuple[str, str | None], frozenset[str]]:
    """Any one of these access scopes opens a type, by (type, None), or a field, by (type, field)."""
    return {
        (item["typeName"], item.get("fieldName")): frozenset(item["offlineScopes"])
        for item in published()["offline_scopes"]["items"]
        if item["offlineScopes"]
    }
