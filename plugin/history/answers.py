"""A customer's answer to the promoter question: the last one wins, by the instant it was given at.

Every door ends here: the ledger for metafields in messages, plugin.standing.promoters for the rest.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from plugin.db.models import Customer
from plugin.schemas import scores

# What became of an answer: it is the last one; a later one is here; nobody here has this number.
RECORDED, OLDER, UNKNOWN = "recorded", "older", "unknown"


def fold(customer: Customer, score: int, at: datetime) -> str:
    """Take over an answer unless a later one is known; of two given at the same instant, the one that arrives later."""
    at = at.astimezone(UTC)
    if customer.promoter_at is not None and at < customer.promoter_at:
        return OLDER
    customer.promoter_score, customer.promoter_at = score, at
    return RECORDED


def fold_metafields(
    customer: Customer, metafields: Iterable[tuple[str, str, object, datetime]], field: tuple[str, str] | None
) -> None:
    """Take over what the shop's own metafield says, if it is among these; what is no score is no answer."""
    for namespace, key, value, at in metafields:
        if (namespace, key) == field:
            try:
                fold(customer, scores.of_metafield(value), at)
            except scores.NoScore:
                continue


def hand_over(gone: Customer, kept: Customer) -> None:
    """Two customers were one person: what they answered last counts."""
    if gone.promoter_score is not None and gone.promoter_at is not None:
        known_at = kept.promoter_at
        if known_at is None or gone.promoter_at > known_at:
            fold(kept, gone.promoter_score, gone.promoter_at)
