"""What a document costs: requested before it runs, actual after. `admin_api` charges it to the bucket.

A leaf costs 0, an object or a list of them 1, a mutation 10, a connection 2 and its nodes; money is free.
Reference: https://shopify.dev/docs/api/usage/limits
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    value_from_ast_untyped,
)

from dev_store import bulk_rules

HIGHEST_COST = 1000
MUTATION = 10
_DEARER = {"stagedUploadsCreate": 11}
COUNT = 10
CONNECTION = 2
_FREE = frozenset({"MoneyBag", "MoneyV2", "PageInfo"})


@dataclass(frozen=True, slots=True)
class _Bill:
    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    answered: bool


def requested(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: dict[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> int:
    """The cost if every connection were as long as it may be."""
    return _operation(_Bill(schema, fragments, variables, answered=False), operation, None)


def actual(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: dict[str, FragmentDefinitionNode],
    data: Any,
) -> int:
    """The cost of what was really found."""
    return _operation(_Bill(schema, fragments, {}, answered=True), operation, data)


def _operation(bill: _Bill, operation: OperationDefinitionNode, data: Any) -> int:
    root = bill.schema.get_root_type(operation.operation)
    if root is None:
        return 0
    if operation.operation is OperationType.MUTATION:
        fields = bulk_rules.selected(operation.selection_set, bill.fragments)
        return sum(_DEARER.get(field.name.value, MUTATION) for field in fields)
    return _selection(bill, root, operation.selection_set, data)


def _selection(
    bill: _Bill,
    kind: GraphQLObjectType | GraphQLInterfaceType,
    selection_set: SelectionSetNode | None,
    data: Any,
) -> int:
    total = 0
    for field in bulk_rules.selected(selection_set, bill.fragments):
        held = data.get(field.alias.value if field.alias else field.name.value) if data else None
        if bill.answered and held is None:
            continue
        total += _field(bill, kind, field, held)
    return total


def _field(bill: _Bill, kind: GraphQLObjectType | GraphQLInterfaceType, field: FieldNode, held: Any) -> int:
    definition = kind.fields.get(field.name.value) or _of_any_type(bill, field)
    if definition is None or field.selection_set is None:
        return 0
    inner = get_named_type(definition.type)
    if inner.name in _FREE or not isinstance(inner, (GraphQLObjectType, GraphQLInterfaceType)):
        return 0
    if inner.name == "Count":
        return COUNT
    if inner.name.endswith("Connection"):
        return _connection(bill, inner, field, held)
    # A list costs as much as one object, however long it is: nodes(ids:) of two customers is recorded at that.
    items = held if isinstance(held, list) else [held]
    below = (_selection(bill, inner, field.selection_set, item) for item in items if item or not bill.answered)
    return 1 + max(below, default=0)


def _connection(bill: _Bill, inner: GraphQLObjectType | GraphQLInterfaceType, field: FieldNode, held: Any) -> int:
    node_type = _node_type(inner)
    if not isinstance(node_type, (GraphQLObjectType, GraphQLInterfaceType)):
        return CONNECTION
    chosen = {f.name.value: f for f in bulk_rules.selected(field.selection_set, bill.fragments)}
    selection = chosen["nodes"].selection_set if "nodes" in chosen else None
    for edge_field in bulk_rules.selected(chosen["edges"].selection_set if "edges" in chosen else None, bill.fragments):
        if edge_field.name.value == "node":
            selection = edge_field.selection_set
    if bill.answered:
        nodes = held.get("nodes") or [edge.get("node") for edge in held.get("edges") or ()]
        return CONNECTION + sum(1 + _selection(bill, node_type, selection, node) for node in nodes)
    size = _argument(bill, field, "first") or _argument(bill, field, "last") or 0
    return CONNECTION + size * (1 + _selection(bill, node_type, selection, None))


def _node_type(connection: GraphQLObjectType | GraphQLInterfaceType) -> Any:
    if "nodes" in connection.fields:
        return get_named_type(connection.fields["nodes"].type)
    edge = get_named_type(connection.fields["edges"].type)
    return get_named_type(edge.fields["node"].type) if isinstance(edge, GraphQLObjectType) else None


def _argument(bill: _Bill, field: FieldNode, name: str) -> Any:
    for argument in field.arguments or ():
        if argument.name.value == name:
            return value_from_ast_untyped(argument.value, dict(bill.variables))
    return None


def _of_any_type(bill: _Bill, field: FieldNode) -> Any:
    # A field selected on an interface through a fragment: the types that have it agree on its shape.
    for kind in bill.schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and field.name.value in kind.fields:
            return kind.fields[field.name.value]
    return None
