"""Adding and removing tags on many customers in one document of aliased `tagsAdd` and `tagsRemove` mutations.

Never `customerUpdate`, which replaces the whole list and would lose what the merchant or another app added meanwhile.
References: https://shopify.dev/docs/api/admin-graphql/latest/mutations/tagsAdd and .../tagsRemove
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from plugin.shopify import ids
from plugin.shopify.admin_api import AdminClient

# A mutation costs 10 points and one document at most 1,000; a little room is left for what Shopify counts beside them.
MUTATION_COST = 10
MUTATIONS_A_DOCUMENT = 95

# Shopify's only words for a customer who is not there (any more): its userErrors of tags carry no codes.
CUSTOMER_MISSING = "Customer does not exist"


@dataclass(frozen=True, slots=True)
class TagEdit:
    """What to add to and remove from one customer; at least one of the two is not empty."""

    customer_id: int
    add: tuple[str, ...]
    remove: tuple[str, ...]

    @property
    def mutations(self) -> int:
        """How many mutations this edit takes."""
        return bool(self.add) + bool(self.remove)


@dataclass(frozen=True, slots=True)
class TagAnswer:
    """How Shopify answered for one customer: all `userErrors` messages, none when everything was done."""

    customer_id: int
    problems: tuple[str, ...]

    @property
    def customer_missing(self) -> bool:
        """Whether Shopify says that there is no such customer."""
        return CUSTOMER_MISSING in self.problems


def apply(client: AdminClient, edits: Sequence[TagEdit]) -> list[TagAnswer]:
    """Carry out the edits in one document (at most MUTATIONS_A_DOCUMENT mutations). Repeating it does no harm."""
    text, variables = document(edits)
    cost = MUTATION_COST * sum(edit.mutations for edit in edits)
    data = client.execute(text, variables, cost=cost)
    return [TagAnswer(edit.customer_id, _problems(data, position)) for position, edit in enumerate(edits)]


def batches(edits: Iterator[TagEdit]) -> Iterator[list[TagEdit]]:
    """Cut a stream of edits into documents."""
    batch: list[TagEdit] = []
    room = MUTATIONS_A_DOCUMENT
    for edit in edits:
        if edit.mutations > room:
            yield batch
            batch, room = [], MUTATIONS_A_DOCUMENT
        batch.append(edit)
        room -= edit.mutations
    if batch:
        yield batch


def document(edits: Sequence[TagEdit]) -> tuple[str, dict[str, Any]]:
    """The GraphQL text and variables for the edits: alias a3 adds to, r3 removes from the fourth customer."""
    declared, mutations = [], []
    variables: dict[str, Any] = {}
    for position, edit in enumerate(edits):
        declared.append(f"$c{position}: ID!")
        variables[f"c{position}"] = ids.gid("Customer", edit.customer_id)
        for alias, mutation, tags in (("a", "tagsAdd", edit.add), ("r", "tagsRemove", edit.remove)):
            if tags:
                name = f"{alias}{position}"
                declared.append(f"${name}: [String!]!")
                variables[name] = list(tags)
                mutations.append(
                    f"  {name}: {mutation}(id: $c{position}, tags: ${name}) {{ userErrors {{ field message }} }}"
                )
    return f"mutation WriteTags({', '.join(declared)}) {{\n" + "\n".join(mutations) + "\n}\n", variables


def _problems(data: dict[str, Any], position: int) -> tuple[str, ...]:
    answers = [data.get(f"{alias}{position}") or {} for alias in "ar" if f"{alias}{position}" in data]
    if not answers:
        return ("Shopify did not answer for this customer",)
    return tuple(str(error["message"]) for answer in answers for error in answer.get("userErrors") or [])
