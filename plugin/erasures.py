"""The memory of what was erased on request: kind, instant, row counts, and for a while a digest by which a customer's
late messages are recognised. plugin.privacy writes it, the ledger asks it; nothing here says who anybody was.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from plugin.db.models import Erasure, Shop

CUSTOMER, SHOP = "customer", "shop"
# Shopify repeats a delivery for four hours and keeps a bulk operation's file for seven days.
REMEMBERED_FOR = timedelta(days=30)
DIGESTS_A_QUERY = 5_000


def note_customer(session: Session, shop: Shop, customer_id: int, now: datetime, rows: dict[str, int]) -> None:
    """Remember that a customer was erased."""
    shop.redaction_key = shop.redaction_key or secrets.token_bytes(32)
    digest = _digest(shop.redaction_key, customer_id)
    session.add(Erasure(kind=CUSTOMER, digest=digest, erased_at=now, rows=rows))


def note_shop(session: Session, now: datetime, rows: dict[str, int]) -> None:
    """Remember that a shop was erased."""
    session.add(Erasure(kind=SHOP, digest=None, erased_at=now, rows=rows))


def erased(session: Session, shop: Shop, customer_ids: Iterable[int]) -> set[int]:
    """Which of these customers were erased a while ago: what still comes in about them is not to be stored."""
    if shop.redaction_key is None:
        return set()
    by_digest = {_digest(shop.redaction_key, customer_id): customer_id for customer_id in customer_ids}
    digests, found = list(by_digest), set()
    for start in range(0, len(digests), DIGESTS_A_QUERY):
        some = Erasure.digest.in_(digests[start : start + DIGESTS_A_QUERY])
        found |= {by_digest[digest] for digest in session.scalars(select(Erasure.digest).where(some)) if digest}
    return found


def forget_digests(session: Session, now: datetime) -> None:
    """Drop the digests that nothing can come in for any more."""
    old = (Erasure.digest.is_not(None), Erasure.erased_at < now - REMEMBERED_FOR)
    session.execute(update(Erasure).where(*old).values(digest=None))


def _digest(key: bytes, customer_id: int) -> bytes:
    return hmac.digest(key, str(customer_id).encode(), hashlib.sha256)
