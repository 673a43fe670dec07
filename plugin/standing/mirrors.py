"""Which segments of Shopify's are mirrored for a shop, and how well: what the engine, the page and explanations ask.

standing.mirror_needs makes and drops mirrors, standing.mirroring fills them. Changes nothing itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin.db.models import Mirror, Shop
from plugin.segments.voice import Said, message

# Why a segment that asks for one cannot be judged yet; plugin.standing.waits has the words.
FETCHING, NOT_THERE, GROUPS = WAITS = ("mirror_fetched", "mirror_failed", "groups_read")


RFM = "shopify_rfm"


@dataclass(frozen=True, slots=True)
class MirrorProblem:
    """A segment of Shopify's that cannot be followed, in words for the merchant."""

    heading: Said
    text: Said


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
    heading = Said("Your Shopify segment number {number} cannot be read", number=str(row.segment_id))
    if row.name:
        heading = Said("Your Shopify segment “{name}” cannot be read", name=row.name)
    meanwhile = Said("Nobody gets the tags that need it meanwhile.")
    if row.refreshed_at:
        meanwhile = Said("Customers who were in it keep their tags meanwhile.")
    return MirrorProblem(heading, Said(TRYING, error=_reason(row.error or ""), meanwhile=meanwhile))


def _reason(error: str) -> Said:
    """What was noted, so that it can be said in other languages; Shopify's own words stay as they are."""
    before, _, reason = error.partition(": ")
    known = UNREADABLE.partition("{")[0] == f"{before}: "
    return Said(UNREADABLE, reason=reason.removesuffix(".")) if known else Said(error)


# Why a segment could not be followed, as it is noted with it.
DELETED = message("It no longer exists in Shopify.")
UNREADABLE = message("Shopify does not tell who is in it: {reason}.")
TRYING = message("{error} {meanwhile} We try again every night. Choose another segment, or mend this one in Shopify.")
