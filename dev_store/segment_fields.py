"""How the Admin API shows customer segments, their members and Shopify's own groups. `fields` takes these in."""

from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLError

from dev_store import connections, field_shapes, ids, resolvers, segments
from dev_store.field_shapes import Resolver
from dev_store.resolvers import Asked
from dev_store.state import Customer

LARGEST_PAGE: Final = 1000
# Shopify weighs recency, orders and spend against the whole store; here the number of orders alone decides.
_GROUPS: Final = ((5, "CHAMPIONS"), (3, "LOYAL"), (2, "PROMISING"), (1, "NEW"), (0, "PROSPECTS"))


@dataclass(frozen=True, slots=True)
class Members:
    """One page of a segment's members, and how many there are in all."""

    page: connections.Page
    total: int


def list_segments(_: Any, asked: Asked, **_options: Any) -> list[segments.Segment]:
    """Every segment of the shop."""
    resolvers.require(asked, "read_customers")
    return list(asked.context.shop.segments.values())


def members(_: Any, asked: Asked, segmentId: str | None = None, **paging: Any) -> Members:  # noqa: N803 - as in the API
    """The members of a segment, by their numbers."""
    resolvers.require(asked, "read_customers")
    segment = resolvers.find_node(None, asked, segmentId) if segmentId else None
    if not isinstance(segment, segments.Segment):
        raise GraphQLError("Segment not found", extensions={"code": "NOT_FOUND"})
    if segment.failing:
        raise GraphQLError(segment.failing)
    unknown = paging.keys() - {"first", "last", "after", "before", "reverse"}
    if any(paging[name] is not None for name in unknown):
        raise GraphQLError(f"The development store does not know {', '.join(sorted(unknown))} here")
    known = {name: paging[name] for name in paging.keys() - unknown}
    found = segments.members(asked.context.shop, segment)
    return Members(connections.page(found, _by_number, largest=LARGEST_PAGE, **known), len(found))


def rfm_group(customer: Customer, _: Asked) -> str:
    """The group Shopify would put a customer into."""
    orders = customer.number_of_orders()
    return next(group for least, group in _GROUPS if orders >= least)


def _by_number(customer: Customer) -> tuple[Any, int]:
    return customer.id, customer.id


def _of_page(resolve: Resolver) -> Resolver:
    return lambda found, asked: resolve(found.page, asked)


# The type a bulk query or a page of these finds its nodes by is not here: members come by edges only.
FIELDS: dict[str, dict[str, Resolver]] = {
    "Segment": {
        "creationDate": lambda segment, _: field_shapes.instant(segment.created_at),
        "id": field_shapes.gid("Segment"),
        "lastEditDate": lambda segment, _: field_shapes.instant(segment.edited_at),
        "name": field_shapes.attribute("name"),
        "query": field_shapes.attribute("query"),
    },
    "CustomerSegmentMemberConnection": {
        "edges": _of_page(field_shapes.edges),
        "pageInfo": field_shapes.attribute("page"),
        "totalCount": field_shapes.attribute("total"),
    },
    "CustomerSegmentMember": {
        # What kind of id this is Shopify does not say: only the number at its end is to be relied on.
        "id": lambda customer, _: ids.gid("CustomerSegmentMember", customer.id),
        "numberOfOrders": lambda customer, _: str(customer.number_of_orders()),
    },
    "CustomerStatistics": {"rfmGroup": rfm_group},
}
