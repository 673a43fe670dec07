"""Shopify's rules for customer tags, as the development store keeps them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.dev_store.conftest import Installed

ADD = "mutation($id: ID!, $tags: [String!]!) { change: tagsAdd(id: $id, tags: $tags) %s }"
REMOVE = "mutation($id: ID!, $tags: [String!]!) { change: tagsRemove(id: $id, tags: $tags) %s }"
PAYLOAD = "{ node { ... on Customer { tags } } userErrors { field message } }"


def change(shop: Installed, mutation: str, customer: int, tags: Any) -> dict[str, Any]:
    answer = shop.ask(mutation % PAYLOAD, id=f"gid://shopify/Customer/{customer}", tags=tags)
    payload: dict[str, Any] = answer["data"]["change"]
    return payload


def tags_after(shop: Installed, *steps: tuple[str, Any]) -> list[str]:
    customer = shop.customer()
    payload: dict[str, Any] = {}
    for mutation, tags in steps:
        payload = change(shop, mutation, customer, tags)
        assert payload["userErrors"] == []
    tags_now: list[str] = payload["node"]["tags"]
    return tags_now


@pytest.mark.parametrize("given", ["blue, green", ["blue,green"], [" blue", "green ", ""], ["green", "blue"]])
def test_a_comma_separates_tags_wherever_it_stands(shop: Installed, given: Any) -> None:
    assert tags_after(shop, (ADD, ["Red"]), (ADD, given)) == ["blue", "green", "Red"]


def test_a_tag_in_another_case_is_the_same_tag_and_keeps_its_spelling(shop: Installed) -> None:
    assert tags_after(shop, (ADD, ["Red"]), (ADD, ["red", "RED"])) == ["Red"]
    assert tags_after(shop, (ADD, ["VIP", "vip"])) == ["VIP"]


def test_the_first_spelling_in_the_shop_is_everybodys(shop: Installed) -> None:
    tags_after(shop, (ADD, ["straße"]))
    assert tags_after(shop, (ADD, ["STRASSE"])) == ["straße"]


def test_removal_ignores_case_and_what_is_not_there(shop: Installed) -> None:
    assert tags_after(shop, (ADD, ["Red", "blue"]), (REMOVE, ["rED", "missing"])) == ["blue"]


def test_a_customer_carries_at_most_250_tags(shop: Installed) -> None:
    customer = shop.customer()
    change(shop, ADD, customer, [f"tag-{n}" for n in range(250)])
    payload = change(shop, ADD, customer, ["one more", "tag-0"])
    assert payload == {"node": None, "userErrors": [{"field": ["tags"], "message": "Tags cannot be more than 250"}]}
    assert change(shop, ADD, customer, ["TAG-7"])["userErrors"] == []


def test_a_tag_is_at_most_255_characters_long(shop: Installed) -> None:
    customer = shop.customer()
    assert change(shop, ADD, customer, ["x" * 255])["userErrors"] == []
    assert "too long" in change(shop, ADD, customer, ["y" * 256])["userErrors"][0]["message"]


@pytest.mark.parametrize("mutation", [ADD, REMOVE])
def test_a_missing_customer_is_a_user_error(shop: Installed, mutation: str) -> None:
    missing = {"field": ["id"], "message": "Customer does not exist"}
    assert change(shop, mutation, 999_999_999_999_999, ["vip"]) == {"node": None, "userErrors": [missing]}


def test_a_malformed_id_is_an_error_of_the_whole_field(shop: Installed) -> None:
    answer = shop.ask(ADD % PAYLOAD, id="Customer/1", tags=["vip"])
    assert answer["data"] == {"change": None}
    assert answer["errors"][0]["extensions"]["code"] == "RESOURCE_NOT_FOUND"


def test_without_write_customers_nothing_is_tagged(install: Callable[..., Installed]) -> None:
    shop = install(scopes=["read_customers"])
    customer = shop.customer()
    answer = shop.ask(ADD % PAYLOAD, id=f"gid://shopify/Customer/{customer}", tags=["vip"])
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert shop.dev.tags(shop.handle) == {}


def test_one_document_tags_many_customers(shop: Installed) -> None:
    ids = [shop.customer() for _ in range(50)]
    fields = " ".join(
        f'c{n}: tagsAdd(id: "gid://shopify/Customer/{n}", tags: ["vip"]) {{ userErrors {{ message }} }}' for n in ids
    )
    answer = shop.ask(f"mutation {{ {fields} }}")
    assert answer["extensions"]["cost"]["requestedQueryCost"] == 500
    assert shop.dev.tags(shop.handle) == {"vip": ids}
