"""What Shopify refuses in a bulk query or mutation, in the words it uses; asked before one is run.

The rules about shape are read off the text alone, so they hold for types the development store does not know.
Reference: https://shopify.dev/docs/api/usage/bulk-operations/queries
"""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    Lexer,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Source,
    TokenKind,
    parse,
    validate,
)

MOST_CONNECTIONS = 5
DEEPEST_NESTING = 2
LONGEST_QUERY = 65_535


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection in a bulk query: its field, how deep it is nested, and the fields of its nodes."""

    name: str
    depth: int
    uses_nodes: bool
    has_children: bool
    selects_id: bool


def check(query: str, schema: GraphQLSchema) -> tuple[DocumentNode | None, list[str]]:
    """The parsed query, or None and Shopify's reasons for not running it."""
    if len(query.encode()) > LONGEST_QUERY:
        return None, [f"Query is too long (maximum is {LONGEST_QUERY} bytes)"]
    try:
        document = parse(query)
    except GraphQLSyntaxError as error:
        ended = "<EOF>" in error.message
        reason = "unexpected end of file" if ended else error.message
        return None, [f"Invalid bulk query: syntax error, {reason}"]
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        return None, ["Invalid operation type. Only `query` operations are supported."]
    problems = _shape(document, operations[0])
    if not problems:
        problems = [f"Invalid bulk query: {error.message}" for error in validate(schema, document)]
    return (None, problems) if problems else (document, [])


def check_mutation(
    text: str, schema: GraphQLSchema, *, disallowed: bool = False
) -> tuple[DocumentNode | None, tuple[list[str] | None, str, str | None]]:
    """The parsed mutation, or None and Shopify's reason: where, in words, and as a code."""
    try:
        document = parse(text)
    except GraphQLSyntaxError as error:
        return None, (None, f"Failed to parse the mutation - {_syntax_error(text, error)}", "INVALID_MUTATION")
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation is not OperationType.MUTATION:
        return None, (None, "Invalid operation type. Only `mutation` operations are supported.", "INVALID_MUTATION")
    names = [field.name.value for field in selected(operations[0].selection_set, fragments_of(document))]
    if len(names) != 1:
        return None, (["mutation"], "You must specify a single top level mutation.", None)
    if disallowed or names[0].startswith("bulkOperation"):
        return None, (["mutation"], "You must use an allowed mutation name.", None)
    if problems := validate(schema, document):
        return None, (["mutation"], f"Invalid bulk mutation: {problems[0].message}", "INVALID_MUTATION")
    return document, (None, "", None)


def selected(
    selection_set: SelectionSetNode | None, fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """The fields of a selection, with fragments opened up."""
    for selection in selection_set.selections if selection_set else ():
        match selection:
            case FieldNode():
                yield selection
            case InlineFragmentNode():
                yield from selected(selection.selection_set, fragments)
            case FragmentSpreadNode() if selection.name.value in fragments:
                yield from selected(fragments[selection.name.value].selection_set, fragments)


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The named fragments of a document."""
    return {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}


def _syntax_error(text: str, error: GraphQLSyntaxError) -> str:
    if "<EOF>" not in error.message:
        place = error.locations[0] if error.locations else None
        return f"{error.message} at [{place.line}, {place.column}]" if place else error.message
    # Shopify names the place of the last thing it could read.
    lexer = Lexer(Source(text))
    last = lexer.token
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        last = token
    return f"syntax error, unexpected end of file at [{last.line}, {last.column}]"


def _shape(document: DocumentNode, operation: OperationDefinitionNode) -> list[str]:
    fragments = fragments_of(document)
    found = list(_connections(operation.selection_set, fragments, 0))
    problems = [
        f"Bulk queries cannot contain a top level `{field.name.value}` field."
        for field in selected(operation.selection_set, fragments)
        if field.name.value in {"node", "nodes"}
    ]
    if not found:
        problems.append("Bulk queries must contain at least one connection.")
    if with_nodes := [c.name for c in found if c.uses_nodes]:
        names = ", ".join(f"'{name}'" for name in with_nodes)
        problems.append(
            "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: "
            f"'{with_nodes[0]} {{ edges {{ node {{'. Selecting via 'nodes' is not supported. "
            f"Invalid connection fields: {names}."
        )
    if any(c.depth > DEEPEST_NESTING for c in found):
        problems.append(f"Bulk queries cannot contain connections with a nesting depth greater than {DEEPEST_NESTING}.")
    if len(found) > MOST_CONNECTIONS:
        problems.append(f"Bulk queries cannot contain more than {MOST_CONNECTIONS} connections.")
    if without_id := [c.name for c in found if c.has_children and not c.selects_id]:
        problems.append(
            "The parent 'node' field for a nested connection must select the 'id' field without an alias and "
            f"must be of 'ID' return type. Connection fields without 'id': {', '.join(without_id)}."
        )
    return problems


def _connections(
    selection_set: SelectionSetNode | None, fragments: dict[str, FragmentDefinitionNode], depth: int
) -> Iterator[Connection]:
    for field in selected(selection_set, fragments):
        inner = {f.name.value: f for f in selected(field.selection_set, fragments)}
        if "edges" not in inner and not ("nodes" in inner and field.name.value != "nodes"):
            yield from _connections(field.selection_set, fragments, depth)
            continue
        node = inner.get("nodes")
        if "edges" in inner:
            edge_fields = selected(inner["edges"].selection_set, fragments)
            node = next((f for f in edge_fields if f.name.value == "node"), None)
        chosen = list(selected(node.selection_set, fragments)) if node else []
        children = list(_connections(node.selection_set, fragments, depth + 1)) if node else []
        yield Connection(
            field.name.value,
            depth,
            uses_nodes="nodes" in inner,
            has_children=bool(children),
            selects_id=any(f.name.value == "id" and f.alias is None for f in chosen),
        )
        yield from children
