"""Emails to the person a shop wants warned: at most one about the same kind of trouble within a day.

`send` is called by whoever finds trouble, `note` by the hourly look at every shop (workers.watch_shops). The letters
themselves go out from workers.send_warnings. Words stand in `warning_words`, sending in plugin.mail.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin import clock, mail, queues
from plugin.db import session as db
from plugin.db.models import Shop, ShopWarning
from plugin.db.scope import ALL_SHOPS
from plugin.shop import person_to_warn, shops

BRAKE, TOKEN, TAGS, DELIVERIES, IMPORT = KINDS = ("brake", "token", "tags", "deliveries", "import")
# So long trouble lasts before anybody is written to: most of it is over by itself.
PATIENCE = {BRAKE: timedelta(0), TOKEN: timedelta(days=1), TAGS: timedelta(hours=6), DELIVERIES: timedelta(0)}
PATIENCE[IMPORT] = timedelta(0)
AT_MOST_EVERY = timedelta(days=1)
# Trouble that lasts is mentioned again.
REMIND_AFTER = timedelta(days=7)
# After a failure; then it is no longer news.
RETRY_AFTER, MOST_TRIES = timedelta(minutes=20), 12


def send(shop_id: int, kind: str) -> None:
    """Have the person written to, unless they were within a day, or nobody is to be."""
    with db.write() as session:
        shops.hold(session, shop_id)
        asked = _ask(session, shop_id, _row(session, shop_id, kind), clock.now())
    if asked:
        queues.wake("warn", shop_id)


def note(session: Session, shop_id: int, kinds: Collection[str], now: datetime) -> bool:
    """Note which trouble a shop has at the moment; returns whether somebody is to be written to. Holds the shop."""
    shops.hold(session, shop_id)
    asked = False
    for kind in KINDS:
        row = session.get(ShopWarning, (shop_id, kind))
        if kind not in kinds:
            if row is not None and row.since is not None:
                row.since = row.due_at = None
            continue
        row = row or _row(session, shop_id, kind)
        row.since = row.since or now
        reminded = row.sent_at is None or row.sent_at < row.since or now - row.sent_at >= REMIND_AFTER
        if now - row.since >= PATIENCE[kind] and reminded:
            asked |= _ask(session, shop_id, row, now)
    return asked


def claim(session: Session, shop_id: int, now: datetime) -> list[str]:
    """The kinds to write about now, marked as sent: whoever dies over one has sent it. The caller holds the shop."""
    due = (ShopWarning.shop_id == shop_id, ShopWarning.due_at.is_not(None), ShopWarning.due_at <= now)
    rows = session.scalars(select(ShopWarning).where(*due).order_by(ShopWarning.kind)).all()
    for row in rows:
        row.due_at, row.sent_at, row.tries = None, now, row.tries + 1
    return [row.kind for row in rows]


def sent(session: Session, shop_id: int, kind: str) -> None:
    """It went out."""
    row = session.get_one(ShopWarning, (shop_id, kind))
    row.tries, row.error = 0, None


def failed(session: Session, shop_id: int, kind: str, reason: str, now: datetime, *, for_good: bool) -> None:
    """It did not go out: try again in a while, and not for ever."""
    row = session.get_one(ShopWarning, (shop_id, kind))
    row.error = reason
    if for_good or row.tries >= MOST_TRIES:
        row.tries = 0
    else:
        row.sent_at, row.due_at = None, now + RETRY_AFTER


def forget(session: Session, shop_id: int) -> None:
    """Another person is to be warned: what could not be sent to the one before is no longer said. Holds nothing."""
    for row in session.scalars(select(ShopWarning).where(ShopWarning.shop_id == shop_id)):
        row.error, row.tries, row.due_at = None, 0, None


def undelivered(session: Session, shop_id: int) -> bool:
    """Whether the last letter of some kind did not go out."""
    lost = (ShopWarning.shop_id == shop_id, ShopWarning.error.is_not(None))
    return session.scalar(select(ShopWarning.kind).where(*lost).limit(1)) is not None


def shops_waiting(session: Session, now: datetime) -> list[int]:
    """Shops with a letter to send, for the sweep."""
    if not mail.is_possible():
        return []
    due = select(ShopWarning.shop_id).where(ShopWarning.due_at.is_not(None), ShopWarning.due_at <= now).distinct()
    return list(session.scalars(due.execution_options(**ALL_SHOPS)))


def _row(session: Session, shop_id: int, kind: str) -> ShopWarning:
    if kind not in KINDS:
        raise ValueError(f"None of {', '.join(KINDS)}: {kind}")
    row = session.get(ShopWarning, (shop_id, kind))
    if row is None:
        row = ShopWarning(shop_id=shop_id, kind=kind, tries=0)
        session.add(row)
    return row


def _ask(session: Session, shop_id: int, row: ShopWarning, now: datetime) -> bool:
    recent = row.sent_at is not None and now - row.sent_at < AT_MOST_EVERY
    shop: Shop = shops.get(session, shop_id)
    if recent or row.due_at is not None or person_to_warn.of(shop) is None or not mail.is_possible():
        return False
    row.due_at, row.tries = now, 0
    return True
