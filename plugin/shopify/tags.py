"""Adding and removing tags: on some customers in one document of aliased `tagsAdd` and `tagsRemove` mutations, or on
any number by the text of a bulk mutation.

Never `customerUpdate`, which replaces the whole list and would lose what the merchant or another app added meanwhile.
References: https://shopify.dev/docs/api/admin-graphql/latest/mutations/tagsAdd and .../tagsRemove
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from plugin.shopify import errors, ids, throttle
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
    data = client.execute(text, variables, cost=cost, leave=throttle.LEFT_FOR_OTHERS)
    return [TagAnswer(edit.customer_id, _problems(data, position, edit)) for position, edit in enumerate(edits)]


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
    """The GraphQL text and variables for the edits: alias r3 removes from, a3 adds to the fourth customer.

    Removing comes first, as Shopify works a document off in its order: who has 250 tags has no room before.
    """
    declared, mutations = [], []
    variables: dict[str, Any] = {}
    for position, edit in enumerate(edits):
        declared.append(f"$c{position}: ID!")
        variables[f"c{position}"] = ids.gid("Customer", edit.customer_id)
        for alias, mutation, tags in (("r", "tagsRemove", edit.remove), ("a", "tagsAdd", edit.add)):
            if tags:
                name = f"{alias}{position}"
                declared.append(f"${name}: [String!]!")
                variables[name] = list(tags)
                mutations.append(
                    f"  {name}: {mutation}(id: $c{position}, tags: ${name}) {{ userErrors {{ field message }} }}"
                )
    return f"mutation WriteTags({', '.join(declared)}) {{\n" + "\n".join(mutations) + "\n}\n", variables


def bulk_mutation(name: str, *, adds: bool) -> str:
    """The mutation that is run for every line of variables (`bulk_variables`); `name` makes it known again."""
    mutation = "tagsAdd" if adds else "tagsRemove"
    return (
        f"mutation {name}($id: ID!, $tags: [String!]!) "
        f"{{ {mutation}(id: $id, tags: $tags) {{ userErrors {{ field message }} }} }}"
    )


def bulk_variables(customer_id: int, tags: Sequence[str]) -> bytes:
    """One line of variables."""
    return json.dumps({"id": ids.gid("Customer", customer_id), "tags": list(tags)}).encode() + b"\n"


def bulk_answer(line: dict[str, Any], customer_id: int, *, adds: bool) -> TagAnswer | None:
    """What a line of a bulk mutation's result says; None if it does not say that anything was done or refused."""
    answer = (line.get("data") or {}).get("tagsAdd" if adds else "tagsRemove")
    if answer is None:
        return None
    return TagAnswer(customer_id, tuple(str(error["message"]) for error in answer.get("userErrors") or []))


def _problems(data: dict[str, Any], position: int, edit: TagEdit) -> tuple[str, ...]:
    problems = []
    for alias, tags in (("r", edit.remove), ("a", edit.add)):
        if not tags:
            continue
        answer = data.get(f"{alias}{position}")
        if answer is None:
            # Nothing says that it was done: the whole document has to be sent again.
            raise errors.ShopUnavailable("An answer leaves out some of the customers")
        problems += [str(error["message"]) for error in answer.get("userErrors") or []]
    return tuple(problems)
