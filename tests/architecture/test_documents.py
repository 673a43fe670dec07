"""Every GraphQL document the app sends, held against the published schema and the scopes the app asks for."""

from pathlib import Path

import pytest
from graphql import (
    DocumentNode,
    GraphQLSchema,
    NoDeprecatedCustomRule,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    parse,
    specified_rules,
    validate,
    visit,
)

from plugin.shopify import line_items, places, scopes, tags
from plugin.shopify.tags import TagEdit
from plugin.standing import shopify_groups
from tests.support import published_schema

PROJECT = Path(__file__).parents[2]
DOCUMENTS = {path.stem: path.read_text() for path in (PROJECT / "plugin/shopify/documents").glob("*.graphql")}
DOCUMENTS |= {f"bulk_tags_{adds}": tags.bulk_mutation("WriteTags", adds=adds) for adds in (True, False)}
WITH_PRODUCTS = ("bulk_orders", "orders_page", "orders_by_id", "order_line_items")
DOCUMENTS |= {f"{name} with products": line_items.with_products(DOCUMENTS[name]) for name in WITH_PRODUCTS}
DOCUMENTS |= {f"{name} with places": places.with_places(DOCUMENTS[name]) for name in DOCUMENTS if "orders" in name}
DOCUMENTS |= {
    f"{name} with groups": DOCUMENTS[name].replace(*shopify_groups.FILLS[0])
    for name in ("bulk_customer_tags", "customer_tags")
}
DOCUMENTS["tags"] = tags.document([TagEdit(1, ("a",), ("b",)), TagEdit(2, (), ("c",))])[0]
# Used only where a shop granted the scope beside the required ones.
MORE_SCOPES = {
    **dict.fromkeys((f"{name} with products" for name in WITH_PRODUCTS), scopes.READ_PRODUCTS),
    "product_collections": scopes.READ_PRODUCTS,
    **dict.fromkeys(("products_by_id", "products_with_collections"), scopes.READ_PRODUCTS),
    **dict.fromkeys(("product_words", "collections_by_title"), scopes.READ_PRODUCTS),
}
RULES = [*specified_rules, NoDeprecatedCustomRule]
# Its groupObjects is to go one day; left out it would mean yes until then.
DEPRECATED_ON_PURPOSE = {"bulk_operation_run_mutation"}


@pytest.fixture(params=sorted(DOCUMENTS))
def name(request) -> str:
    return request.param


@pytest.fixture
def document(name) -> DocumentNode:
    return parse(DOCUMENTS[name])


def asked_scopes(name: str) -> frozenset[str]:
    more = MORE_SCOPES.get(name.removesuffix(" with places"))
    return scopes.granted([*scopes.REQUIRED, *([more] if more else [])])


class Touched(Visitor):
    """Collects every (type, field) a document reads, and every type it gets to."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.found: set[tuple[str, str | None]] = set()

    def enter_field(self, node, *_):
        self.found.add((self.info.get_parent_type().name, node.name.value))
        self.found.add((get_named_type(self.info.get_type()).name, None))


def touched(schema: GraphQLSchema, document: DocumentNode) -> set[tuple[str, str | None]]:
    info = TypeInfo(schema)
    visitor = Touched(info)
    visit(document, TypeInfoVisitor(info, visitor))
    return visitor.found


def test_a_document_is_valid_and_uses_nothing_deprecated(name):
    rules = specified_rules if name in DEPRECATED_ON_PURPOSE else RULES
    assert validate(published_schema.schema(), parse(DOCUMENTS[name]), rules) == []


def test_the_rules_would_see_a_deprecated_field():
    wrong = parse("{ orders(first: 1) { nodes { landingPageUrl totalPrice noSuchField } } }")
    messages = " ".join(error.message for error in validate(published_schema.schema(), wrong, RULES))
    assert "deprecated" in messages
    assert "noSuchField" in messages


def test_the_scopes_asked_for_open_everything_a_document_reads(name, document):
    closed = {
        place: sorted(any_of)
        for place, any_of in published_schema.scopes_needed().items()
        if place in touched(published_schema.schema(), document) and not any_of & asked_scopes(name)
    }
    assert closed == {}


def test_the_development_store_can_answer_the_document(document):
    schema = build_schema((PROJECT / "dev_store/admin.graphql").read_text())
    assert validate(schema, document) == []
