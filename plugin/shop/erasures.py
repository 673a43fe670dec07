"""The memory of what was erased on request: kind, instant, row counts, and for a while a digest by which late messages
about a customer or an order are recognised. shop.privacy writes it, the ledger asks it; nothing here says who anybody
was.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from plugin.db.models import Erasure, Shop
from plugin.db.types import new_id

CUSTOMER, ORDER, SHOP = "customer", "order", "shop"
# Shopify repeats a delivery for four hours and keeps a bulk operation's file for seven days.
REMEMBERED_FOR = timedelta(days=30)
DIGESTS_A_QUERY = 5_000


def note_customer(session: Session, shop: Shop, customer_id: int, now: datetime, rows: dict[str, int]) -> None:
    """Remember that a customer was erased."""
    session.add(Erasure(kind=CUSTOMER, digest=_digest(_key(shop), CUSTOMER, customer_id), erased_at=now, rows=rows))


def note_orders(session: Session, shop: Shop, order_ids: Iterable[int], now: datetime) -> None:
    """Remember that these orders were erased: a late message about one may name no customer."""
    key, common = _key(shop), {"kind": ORDER, "erased_at": now, "rows": {}}
    rows = [{"id": new_id(), "digest": _digest(key, ORDER, order_id), **common} for order_id in order_ids]
    if rows:
        session.execute(insert(Erasure), rows)


def note_shop(session: Session, now: datetime, rows: dict[str, int]) -> None:
    """Remember that a shop was erased."""
    session.add(Erasure(kind=SHOP, digest=None, erased_at=now, rows=rows))


def erased(session: Session, shop: Shop, kind: str, numbers: Iterable[int]) -> set[int]:
    """Which of these customers or orders were erased a while ago: what still comes in about them is not stored."""
    if shop.redaction_key is None:
        return set()
    by_digest = {_digest(shop.redaction_key, kind, number): number for number in numbers}
    digests, found = list(by_digest), set()
    for start in range(0, len(digests), DIGESTS_A_QUERY):
        some = Erasure.digest.in_(digests[start : start + DIGESTS_A_QUERY])
        found |= {by_digest[digest] for digest in session.scalars(select(Erasure.digest).where(some)) if digest}
    return found


def forget_digests(session: Session, now: datetime) -> None:
    """Drop the digests that nothing can come in for any more. Of single orders nothing else is worth keeping."""
    old = (Erasure.digest.is_not(None), Erasure.erased_at < now - REMEMBERED_FOR)
    session.execute(delete(Erasure).where(*old, Erasure.kind == ORDER))
    session.execute(update(Erasure).where(*old).values(digest=None))


def _key(shop: Shop) -> bytes:
    shop.redaction_key = shop.redaction_key or secrets.token_bytes(32)
    return shop.redaction_key


def _digest(key: bytes, kind: str, number: int) -> bytes:
    return hmac.digest(key, f"{kind} {number}".encode(), hashlib.sha256)
