"""Which segments of Shopify's are mirrored for a shop, and how well: what the engine, the page and explanations ask.

standing.mirror_needs makes and drops mirrors, standing.mirroring fills them. Changes nothing itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin.db.models import Mirror, Shop

# Why a segment that asks for one cannot be judged yet; plugin.standing.waits has the words.
FETCHING, NOT_THERE, GROUPS = WAITS = ("mirror_fetched", "mirror_failed", "groups_read")


RFM = "shopify_rfm"


@dataclass(frozen=True, slots=True)
class MirrorProblem:
    """A segment of Shopify's that cannot be followed, in words for the merchant."""

    heading: str
    text: str


def rows(session: Session, shop_id: int) -> Sequence[Mirror]:
    """All of the shop's mirrors, also those that are being dropped."""
    return session.scalars(select(Mirror).where(Mirror.shop_id == shop_id).order_by(Mirror.bit)).all()


def bits(session: Session, shop_id: int) -> dict[str, int]:
    """By the id of a segment of Shopify's, the bit that says in `customers.mirrored` who is in it."""
    usable = (Mirror.shop_id == shop_id, Mirror.dropped_at.is_(None), Mirror.refreshed_at.is_not(None))
    found = session.execute(select(Mirror.segment_id, Mirror.bit).where(*usable))
    return {str(segment_id): bit for segment_id, bit in found}


def followed(session: Session, shop_id: int) -> set[int]:
    """The ids of the segments of Shopify's whose members we want to hear of."""
    asked = (Mirror.shop_id == shop_id, Mirror.dropped_at.is_(None))
    return set(session.scalars(select(Mirror.segment_id).where(*asked)))


def waiting(session: Session, shop: Shop, asked: Iterable[str]) -> dict[str, str]:
    """Why each of these segments of Shopify's, and its groups (RFM), cannot be judged by yet; those that can are left
    out, and so is all else.
    """
    names = set(asked)
    waits = {RFM: GROUPS} if RFM in names and shop.shopify_rfm_at is None else {}
    numbers = {name for name in names if name.isdecimal()}
    if not numbers:
        return waits
    known = {str(row.segment_id): row for row in rows(session, shop.id) if row.dropped_at is None}
    for name in numbers:
        row = known.get(name)
        if row is None or row.refreshed_at is None:
            waits[name] = NOT_THERE if row is not None and row.error else FETCHING
    return waits


def problems(session: Session, shop_id: int) -> list[MirrorProblem]:
    """The segments of Shopify's that could not be read when it was tried last."""
    return [_problem(row) for row in rows(session, shop_id) if row.error and row.dropped_at is None]


def _problem(row: Mirror) -> MirrorProblem:
    which = f"“{row.name}”" if row.name else f"number {row.segment_id}"
    meanwhile = (
        "Customers who were in it keep their tags meanwhile."
        if row.refreshed_at
        else "Nobody gets the tags that need it meanwhile."
    )
    return MirrorProblem(
        f"Your Shopify segment {which} cannot be read",
        f"{row.error} {meanwhile} We try again every night. Choose another segment, or mend this one in Shopify.",
    )
