"""A bulk query turned into plain functions once, then run over every record. `bulk_operations` writes what comes out.

Calls the resolvers the executor calls; only walking the document again for each of a hundred thousand nodes is saved.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.values import get_argument_values

from dev_store import bulk_rules, fields

Show = Callable[[Any], Any]


class UnsupportedQuery(ValueError):
    """Valid at Shopify perhaps, but the development store cannot run it in bulk."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a resolver is told: the call it serves and the field it answers."""

    context: Any
    field_name: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A connection to walk: how to list its nodes, how to show one, and the connections below each."""

    list_nodes: Show
    show: Show
    children: "tuple[Branch, ...]"


@dataclass(frozen=True, slots=True)
class _Compiler:
    schema: GraphQLSchema
    context: Any
    fragments: dict[str, FragmentDefinitionNode]


def compile_plan(schema: GraphQLSchema, document: DocumentNode, context: Any) -> tuple[Branch, ...]:
    """The root connections of a checked query; UnsupportedQuery if it asks for what cannot be walked."""
    operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    compiler = _Compiler(schema, context, bulk_rules.fragments_of(document))
    root = schema.query_type
    if root is None or root.name != "QueryRoot":
        raise UnsupportedQuery("The schema has no QueryRoot")
    shown, branches = _selection(compiler, root, operation.selection_set)
    if shown:
        raise UnsupportedQuery("The development store walks connections only, not other fields at the top")
    return branches


def _selection(
    compiler: _Compiler, kind: GraphQLObjectType, selection_set: SelectionSetNode | None
) -> tuple[list[tuple[str, Show]], tuple[Branch, ...]]:
    shown: dict[str, Show] = {}
    branches: list[Branch] = []
    for field in bulk_rules.selected(selection_set, compiler.fragments):
        name = field.alias.value if field.alias else field.name.value
        if (kind.name, field.name.value) in fields.CONNECTIONS:
            branches.append(_branch(compiler, kind, field))
        elif field.name.value == "__typename":
            shown[name] = _constant(kind.name)
        else:
            shown[name] = _shown_field(compiler, kind, field)
    return list(shown.items()), tuple(branches)


def _branch(compiler: _Compiler, kind: GraphQLObjectType, field: FieldNode) -> Branch:
    list_all = fields.CONNECTIONS[kind.name, field.name.value]
    arguments = _arguments(kind, field)
    query = {"query": arguments["query"]} if arguments.get("query") else {}
    question = Question(compiler.context, field.name.value)
    connection = get_named_type(kind.fields[field.name.value].type)
    node_type = get_named_type(_object(connection).fields["nodes"].type)
    edges = [f for f in bulk_rules.selected(field.selection_set, compiler.fragments) if f.name.value == "edges"]
    nodes = [
        f
        for edge in edges
        for f in bulk_rules.selected(edge.selection_set, compiler.fragments)
        if f.name.value == "node"
    ]
    if len(nodes) != 1:
        raise UnsupportedQuery(f"Select edges and node once in {field.name.value}")
    shown, children = _selection(compiler, _object(node_type), nodes[0].selection_set)
    return Branch(lambda source: list_all(source, question, **query), _object_of(shown), children)


def _shown_field(compiler: _Compiler, kind: GraphQLObjectType, field: FieldNode) -> Show:
    resolver = fields.FIELDS[kind.name][field.name.value]
    question = Question(compiler.context, field.name.value)
    complete = _completion(compiler, kind.fields[field.name.value].type, field)
    arguments = _arguments(kind, field)
    if arguments:
        return lambda source: complete(resolver(source, question, **arguments))
    if complete is _unchanged:
        return lambda source: resolver(source, question)
    return lambda source: complete(resolver(source, question))


def _completion(compiler: _Compiler, kind: GraphQLOutputType, field: FieldNode) -> Show:
    if is_non_null_type(kind):
        return _completion(compiler, kind.of_type, field)
    if is_list_type(kind):
        each = _completion(compiler, kind.of_type, field)
        return lambda values: None if values is None else [each(value) for value in values]
    if is_leaf_type(kind):
        return _leaf(kind)
    shown, branches = _selection(compiler, _object(kind), field.selection_set)
    if branches:
        raise UnsupportedQuery(f"Connections inside {field.name.value} are not walked by the development store")
    show = _object_of(shown)
    return lambda value: None if value is None else show(value)


def _leaf(kind: GraphQLLeafType) -> Show:
    if kind.ast_node is not None and kind.name in {"DateTime", "Decimal", "UnsignedInt64", "URL"}:
        return _unchanged  # our own scalars are written as the resolvers return them
    serialize = kind.serialize
    return lambda value: None if value is None else serialize(value)


def _unchanged(value: Any) -> Any:
    return value


def _constant(value: str) -> Show:
    return lambda _: value


def _object_of(shown: list[tuple[str, Show]]) -> Show:
    return lambda source: {name: show(source) for name, show in shown}


def _arguments(kind: GraphQLObjectType, field: FieldNode) -> dict[str, Any]:
    return get_argument_values(kind.fields[field.name.value], field)


def _object(kind: Any) -> GraphQLObjectType:
    if not isinstance(kind, GraphQLObjectType):
        raise UnsupportedQuery(f"{kind} is not walked in bulk by the development store")
    return kind


def lines_below(branch: Branch, source: Any, shown: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines of everything below one node, children straight after their parents."""
    parent = shown.get("id")
    for child in branch.children:
        for node in child.list_nodes(source):
            line = child.show(node)
            yield {**line, "__parentId": parent}
            yield from lines_below(child, node, line)


def batches(branch: Branch, size: int) -> Iterator[list[Any]]:
    """The nodes of a root connection, some at a time."""
    nodes = iter(branch.list_nodes(None))
    while batch := list(itertools.islice(nodes, size)):
        yield batch
