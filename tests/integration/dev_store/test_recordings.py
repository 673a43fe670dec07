"""Real answers of Shopify, asked again of the development store. They are not part of the repository."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.dev_store.conftest import Installed
from tests.integration.dev_store.test_bulk import start
from tests.integration.dev_store.test_bulk_mutations import ADD

RECORDINGS = Path(__file__).parents[3] / "../shared/shopify/recordings"
pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not beside the repository")
MISSING = "gid://shopify/Customer/999999999999999"


def recorded(name: str) -> Any:
    return json.loads((RECORDINGS / f"{name}.json").read_text())


def cost(answer: dict[str, Any]) -> tuple[int, int]:
    told = answer["extensions"]["cost"]
    return told["requestedQueryCost"], told["actualQueryCost"]


@pytest.mark.parametrize(
    "case", ["commaStringAdd", "commaListElementAdd", "caseVariantAdd", "caseVariantRemove", "singleStringRemove"]
)
def test_tags_are_normalised_as_recorded(shop: Installed, case: str) -> None:
    scenario = recorded("tags-normalization-parity")["tagNormalization"][case]
    number = shop.customer()
    shop.dev.tag_customer(shop.handle, number, add=scenario["seedProduct"]["tags"])
    ours = shop.ask(
        scenario["mutation"]["query"].replace("... on Product", "... on Customer"),
        id=f"gid://shopify/Customer/{number}",
        tags=scenario["mutation"]["variables"]["tags"],
    )
    (theirs,) = scenario["mutation"]["response"]["data"].values()
    (payload,) = ours["data"].values()
    assert payload["node"]["tags"] == theirs["node"]["tags"]
    assert payload["userErrors"] == theirs["userErrors"]
    assert cost(ours) == cost(scenario["mutation"]["response"])


@pytest.mark.parametrize("case", ["customerAdd", "customerRemove", "productAdd", "productRemove"])
def test_a_missing_resource_is_named_as_recorded(shop: Installed, case: str) -> None:
    scenario = recorded("admin-platform-tags-not-found")["cases"][case]
    shop.dev.grant_scopes(shop.handle, ["write_customers", "write_products"])
    answer = shop.ask(scenario["request"]["query"], **scenario["request"]["variables"])
    assert answer["data"] == scenario["response"]["payload"]["data"]
    assert cost(answer) == cost(scenario["response"]["payload"])


@pytest.mark.parametrize("case", ["commaSplit", "caseDedupe", "tooManyTags"])
def test_customer_tags_are_limited_as_recorded(shop: Installed, case: str) -> None:
    scenarios = recorded("customer-tag-note-limits-parity")
    scenario = scenarios.get(case) or scenarios["captures"][case]
    theirs = scenario["response"]["data"]["customerCreate"]
    query = (
        "mutation($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { %s userErrors { field message } } }"
    )
    ours = shop.ask(
        query % "node { ... on Customer { tags } }",
        id=f"gid://shopify/Customer/{shop.customer()}",
        tags=scenario["variables"]["input"]["tags"],
    )["data"]["tagsAdd"]
    assert (ours["node"] or {}).get("tags") == (theirs["customer"] or {}).get("tags")
    assert ours["userErrors"] == theirs["userErrors"]


VALIDATORS = [
    "nodesInsteadOfEdges",
    "ordersNodesInsteadOfEdges",
    "topLevelNode",
    "depthThreeNesting",
    "sixConnections",
    "nestedWithoutParentId",
    "invalidOperationType",
]


@pytest.mark.parametrize("case", VALIDATORS)
def test_a_bulk_query_is_refused_as_recorded(shop: Installed, case: str) -> None:
    scenario = recorded("bulk-operation-run-query-validators")["validations"][case]
    assert start(shop, scenario["variables"]["query"]) == scenario["response"]["data"]["bulkOperationRunQuery"]


@pytest.mark.parametrize("case", ["noConnectionWithCode", "emptyQuery"])
def test_a_bulk_query_is_refused_with_the_recorded_code(shop: Installed, case: str) -> None:
    scenario = recorded("bulk-operation-run-query-user-error-codes")["validations"][case]
    answer = shop.ask(scenario["query"], **scenario["variables"])
    assert answer["data"] == scenario["response"]["data"]
    assert cost(answer) == cost(scenario["response"])


@pytest.mark.parametrize(
    "case", ["parserError", "queryInsteadOfMutation", "multipleTopLevelMutations", "disallowedMutationName"]
)
def test_a_bulk_mutation_is_refused_as_recorded(shop: Installed, case: str) -> None:
    recording = recorded("bulk-operation-run-mutation-validators")
    scenario = recording["validations"][case]
    answer = shop.ask(recording["request"]["query"], **scenario["variables"])
    assert answer["data"] == scenario["response"]["data"]
    assert cost(answer) == cost(scenario["response"])


@pytest.mark.parametrize("case", ["noSuchFile", "invalidMutationSyntax", "disallowedRoot"])
def test_a_bulk_mutation_is_refused_with_the_recorded_code(shop: Installed, case: str) -> None:
    scenario = recorded("bulk-operation-run-mutation-user-errors")["validations"][case]
    variables = scenario["variables"]
    if case == "noSuchFile":  # the development store knows no products
        variables = variables | {"mutation": ADD}
    assert shop.ask(scenario["query"], **variables)["data"] == scenario["response"]["data"]


def test_an_upload_is_prepared_taken_and_run_as_recorded(shop: Installed) -> None:
    recording = recorded("bulk-operation-run-mutation-created-status")
    setup, run = recording["setup"], recording["success"]["run"]
    prepared = shop.ask(setup["stagedUpload"]["query"], **setup["stagedUpload"]["variables"])
    (ours,) = prepared["data"]["stagedUploadsCreate"]["stagedTargets"]
    (theirs,) = setup["stagedUpload"]["response"]["data"]["stagedUploadsCreate"]["stagedTargets"]
    assert (ours["url"], ours["resourceUrl"]) == (theirs["url"], theirs["resourceUrl"])
    assert [each["name"] for each in ours["parameters"]] == [each["name"] for each in theirs["parameters"]]
    assert cost(prepared) == cost(setup["stagedUpload"]["response"])
    fields = {each["name"]: each["value"] for each in ours["parameters"]}
    line = json.dumps({"id": f"gid://shopify/Customer/{shop.customer()}", "tags": ["a"]})
    sent = shop.http.post(ours["url"], data=fields, files={"file": ("x", line.encode() + b"\n")})
    assert (sent.status_code, sent.text.count("<")) == (setup["upload"]["status"], setup["upload"]["body"].count("<"))
    shop.dev.bulk_conduct(shop.handle, held_after=0)
    created = shop.ask(run["query"], mutation=ADD, path=fields["key"])
    shop.dev.bulk_conduct(shop.handle)
    given = created["data"]["bulkOperationRunMutation"]["bulkOperation"]
    recorded_one = run["response"]["data"]["bulkOperationRunMutation"]["bulkOperation"]
    own = ("id", "createdAt", "query")
    assert {k: v for k, v in given.items() if k not in own} == {k: v for k, v in recorded_one.items() if k not in own}
    assert cost(created) == cost(run["response"])


def test_counting_customers_costs_and_warns_as_recorded(shop: Installed) -> None:
    (call,) = recorded("customers-count")["upstreamCalls"]
    ours, theirs = shop.ask(call["query"], **call["variables"]), call["response"]["body"]
    assert cost(ours) == cost(theirs)
    assert ours["extensions"]["search"] == theirs["extensions"]["search"]


def test_the_installations_scopes_cost_as_recorded(shop: Installed) -> None:
    theirs = recorded("customer-merge-parity")["accessScopes"]
    assert cost(shop.ask("{ currentAppInstallation { accessScopes { handle } } }")) == cost(theirs)


def test_nodes_cost_as_recorded(shop: Installed) -> None:
    ids = [MISSING, MISSING]
    answer = shop.ask("query($ids: [ID!]!) { nodes(ids: $ids) { ... on Customer { id lastOrder { id } } } }", ids=ids)
    assert answer["data"] == {"nodes": [None, None]}
    assert cost(answer)[1] == 1
