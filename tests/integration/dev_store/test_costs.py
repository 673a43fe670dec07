"""What a document costs, and what happens when the bucket is empty."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.dev_store.conftest import Installed

CUSTOMER = "gid://shopify/Customer/1"


def cost(shop: Installed, query: str, /, **variables: Any) -> tuple[int, int]:
    told = shop.ask(query, **variables)["extensions"]["cost"]
    return told["requestedQueryCost"], told["actualQueryCost"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ shop { name currencyCode } }", (1, 1)),
        ("{ shop { plan { publicDisplayName } } }", (2, 2)),
        ("{ currentAppInstallation { accessScopes { handle } } }", (2, 2)),
        ("{ customers(first: 1) { nodes { id } } }", (3, 2)),
        ("{ customers(first: 10) { edges { cursor node { id } } pageInfo { hasNextPage } } }", (12, 2)),
        ("{ customersCount { count precision } }", (10, 10)),
        (f'{{ customer(id: "{CUSTOMER}") {{ id tags }} }}', (1, 0)),
        (f'{{ nodes(ids: ["{CUSTOMER}", "{CUSTOMER}", "{CUSTOMER}"]) {{ id }} }}', (1, 1)),
        ("{ orders(first: 5) { nodes { id customer { id } lineItems(first: 3) { nodes { id } } } } }", (37, 2)),
        (f'mutation {{ tagsAdd(id: "{CUSTOMER}", tags: ["a"]) {{ node {{ id }} userErrors {{ field }} }} }}', (10, 10)),
    ],
)
def test_a_document_costs_what_shopify_charges(shop: Installed, query: str, expected: tuple[int, int]) -> None:
    assert cost(shop, query) == expected


def test_the_actual_cost_counts_the_nodes_that_were_found(shop: Installed) -> None:
    for _ in range(3):
        shop.customer()
    assert cost(shop, "query($n: Int!) { customers(first: $n) { nodes { id } } }", n=100) == (102, 5)


def test_only_the_actual_cost_leaves_the_bucket(shop: Installed) -> None:
    answer = shop.ask("{ customers(first: 250) { nodes { id } } }")
    assert answer["extensions"]["cost"]["requestedQueryCost"] == 252
    assert answer["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] >= 2000 - 2


def test_a_list_of_two_costs_what_the_dearest_of_them_costs(shop: Installed) -> None:
    ids = [f"gid://shopify/Customer/{shop.customer()}" for _ in range(2)]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Customer { orders(first: 4) { nodes { id } } } } }"
    assert cost(shop, query, ids=ids) == (7, 3)


def test_a_query_above_a_thousand_points_does_not_run(shop: Installed) -> None:
    answer = shop.ask("{ orders(first: 250) { nodes { id lineItems(first: 3) { nodes { id } } } } }")
    assert answer["errors"][0]["extensions"] == {
        "code": "MAX_COST_EXCEEDED",
        "cost": 1502,
        "maxCost": 1000,
        "documentation": "https://shopify.dev/api/usage/rate-limits",
    }
    assert "data" not in answer


def test_an_empty_bucket_throttles_until_time_refills_it(shop: Installed) -> None:
    expensive = "{ customers(first: 250) { nodes { id orders(first: 1) { nodes { id } } } } }"
    mutation = "mutation {" + " ".join(
        f'm{n}: tagsAdd(id: "{CUSTOMER}", tags: ["a"]) {{ userErrors {{ message }} }}' for n in range(95)
    )
    shop.ask(mutation + "}")
    shop.ask(mutation + "}")
    answer = shop.ask(mutation + "}")
    told = answer["extensions"]["cost"]
    assert answer["errors"][0]["message"] == "Throttled"
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert (told["requestedQueryCost"], told["actualQueryCost"]) == (950, None)
    assert 100 <= told["throttleStatus"]["currentlyAvailable"] < 950
    assert shop.ask(expensive)["errors"]


@pytest.mark.parametrize(
    ("plan", "size", "rate"),
    [("standard", 2000, 100), ("advanced", 4000, 200), ("plus", 20_000, 1000), ("commerce_components", 40_000, 2000)],
)
def test_a_plan_sets_the_bucket(install: Callable[..., Installed], plan: str, size: int, rate: int) -> None:
    status = install(plan=plan).ask("{ shop { name } }")["extensions"]["cost"]["throttleStatus"]
    assert (status["maximumAvailable"], status["restoreRate"]) == (size, rate)
    assert size - 1 <= status["currentlyAvailable"] <= size


def test_the_figures_say_what_was_asked_of_the_store(shop: Installed) -> None:
    before = shop.dev.stats()
    shop.ask("mutation { a: tagsAdd(id: $id, tags: []) { userErrors { field } } }")
    shop.ask(f'mutation {{ a: tagsAdd(id: "{CUSTOMER}", tags: ["x"]) {{ userErrors {{ field }} }} }}')
    after = shop.dev.stats()
    told = {name: after[name] - before[name] for name in ("requests", "points", "mutations", "refused", "throttled")}
    assert told == {"requests": 2, "points": 10, "mutations": 1, "refused": 1, "throttled": 0}
