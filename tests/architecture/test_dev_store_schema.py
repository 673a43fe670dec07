"""The development store's schema is a part of the one Shopify publishes: nothing in it is made up.

Both are compared as introspection shows them, so that defaults and nullability count as much as names.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, introspection_from_schema

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / ".cache" / "admin_2026-10.json.gz"
OURS = ROOT / "dev_store" / "admin.graphql"

Type = dict[str, Any]


@pytest.fixture(scope="module")
def published() -> dict[str, Type]:
    assert PUBLISHED.exists(), "run make test, which fetches it"
    return by_name(json.loads(gzip.decompress(PUBLISHED.read_bytes()))["data"]["__schema"]["types"])


@pytest.fixture(scope="module")
def ours() -> dict[str, Type]:
    types = introspection_from_schema(build_schema(OURS.read_text()))["__schema"]["types"]
    return by_name([kind for kind in types if not kind["name"].startswith("__")])


def test_every_type_is_shopifys_and_of_the_same_kind(ours: dict[str, Type], published: dict[str, Type]) -> None:
    unlike = {name for name, kind in ours.items() if published.get(name, {}).get("kind") != kind["kind"]}
    assert unlike == set()


def test_every_field_has_shopifys_type_and_is_not_deprecated(ours: dict[str, Type], published: dict[str, Type]) -> None:
    for where, field, theirs in fields(ours, published):
        assert theirs is not None, f"{where} does not exist"
        assert written(field["type"]) == written(theirs["type"]), where
        assert not theirs["isDeprecated"], f"{where} is deprecated"


def test_every_argument_has_shopifys_type_and_default(ours: dict[str, Type], published: dict[str, Type]) -> None:
    for where, field, theirs in fields(ours, published):
        assert theirs is not None
        known = by_name(theirs["args"])
        for name, argument in by_name(field["args"]).items():
            assert name in known, f"{where}({name}:) does not exist"
            assert written(argument["type"]) == written(known[name]["type"]), f"{where}({name}:)"
            assert argument["defaultValue"] == known[name]["defaultValue"], f"{where}({name}:)"


def test_no_argument_shopify_requires_is_left_out(ours: dict[str, Type], published: dict[str, Type]) -> None:
    for where, field, theirs in fields(ours, published):
        assert theirs is not None
        required = {a["name"] for a in theirs["args"] if a["type"]["kind"] == "NON_NULL" and a["defaultValue"] is None}
        assert required <= by_name(field["args"]).keys(), where


def test_every_input_field_has_shopifys_type_and_default(ours: dict[str, Type], published: dict[str, Type]) -> None:
    for name, kind in ours.items():
        known = by_name(published[name]["inputFields"] or [])
        for field in kind["inputFields"] or []:
            theirs = known[field["name"]]
            assert written(field["type"]) == written(theirs["type"]), f"{name}.{field['name']}"
            assert field["defaultValue"] == theirs["defaultValue"], f"{name}.{field['name']}"


def test_every_enum_value_is_shopifys(ours: dict[str, Type], published: dict[str, Type]) -> None:
    for name, kind in ours.items():
        if kind["kind"] == "ENUM":
            values, known = by_name(kind["enumValues"]), by_name(published[name]["enumValues"])
            assert values.keys() <= known.keys(), name
            assert not any(known[value]["isDeprecated"] for value in values), name


def test_every_interface_is_one_the_type_has_at_shopify(ours: dict[str, Type], published: dict[str, Type]) -> None:
    for name, kind in ours.items():
        assert by_name(kind["interfaces"] or []).keys() <= by_name(published[name]["interfaces"] or []).keys(), name


def by_name(items: list[Type]) -> dict[str, Type]:
    return {item["name"]: item for item in items}


def fields(ours: dict[str, Type], published: dict[str, Type]) -> Iterator[tuple[str, Type, Type | None]]:
    for name, kind in ours.items():
        known = by_name(published[name]["fields"] or [])
        for field in kind["fields"] or []:
            yield f"{name}.{field['name']}", field, known.get(field["name"])


def written(kind: Type) -> str:
    if kind["kind"] == "NON_NULL":
        return written(kind["ofType"]) + "!"
    if kind["kind"] == "LIST":
        return f"[{written(kind['ofType'])}]"
    return str(kind["name"])
