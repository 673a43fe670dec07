"""Writes the tags of very many customers by bulk mutations: one for all customers who need the same tags added, or
removed. workers.sync_tags calls `advance`, which never waits for Shopify: it looks after what runs and begins the next.

Whatever goes wrong, the customers go back to plugin.tagging.tag_sync, and bulk mutations rest for a day.
"""

import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import IO, Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from plugin import clock, config
from plugin.db import session as db
from plugin.db.models import BulkTagging, Shop
from plugin.segments.voice import Said
from plugin.shop import shops
from plugin.shopify import bulk_operations, errors, http, staged_uploads, tags
from plugin.shopify.admin_api import AdminClient, document
from plugin.shopify.bulk_operations import BulkOperation
from plugin.standing import segment_store
from plugin.tagging import bulk_groups, tag_changes
from plugin.tagging.bulk_groups import LinesMissing
from plugin.turns import Turn

log = structlog.get_logger()

# What Shopify refuses or cannot do is not asked for again at once; when only all places are taken, sooner.
RESTS_FOR, BUSY_FOR = timedelta(days=1), timedelta(minutes=10)
# How often we ask how a mutation stands; bulk_operations/finish makes us ask at once.
LOOK_AGAIN = timedelta(seconds=10)
MOST_FAILURES = 3


def advance(client: AdminClient, shop_id: int, turn: Turn, seconds: float) -> bool:
    """Take the shop's bulk mutations further for about `seconds`; whether there is more to do at once.

    1. Start what was chosen, or find out whether it was started. 2. Ask how the others stand, and record the results of
    those that have ended. 3. Choose and start new ones while there are places. Raises the ShopifyError tree when not
    only bulk operations are refused.
    """
    deadline = time.monotonic() + seconds
    with db.read() as session:
        shop, found = shops.get(session, shop_id), bulk_groups.under_way(session, shop_id)
    more = False
    for tagging in found:
        turn.renew()
        if tagging.created_at < shop.installed_at:
            bulk_groups.release(tagging, turn)  # from before the app was removed, and Shopify's no more
        elif tagging.operation_id is None:
            _start(client, tagging, turn)
        elif tagging.looked_at is None or clock.wall() - tagging.looked_at >= LOOK_AGAIN:
            more |= _follow(client, tagging, turn, deadline)
    _begin(client, shop_id, turn)
    return more


def note_ended(session: Session, shop_id: int, operation_id: str) -> bool:
    """A bulk operation has ended: ask for its result at once. False if it is none of these."""
    mine = (BulkTagging.shop_id == shop_id, BulkTagging.operation_id == operation_id)
    ended = update(BulkTagging).where(*mine).values(looked_at=None).returning(BulkTagging.id)
    return session.execute(ended).first() is not None


def is_due(session: Session, shop_id: int) -> bool:
    """Whether a bulk mutation has ended, as far as we know, and its result is to be recorded."""
    due = (BulkTagging.shop_id == shop_id, BulkTagging.operation_id.is_not(None), BulkTagging.looked_at.is_(None))
    return session.scalar(select(BulkTagging.id).where(*due).limit(1)) is not None


def any_under_way(session: Session, shop_id: int) -> bool:
    """Whether any bulk mutation is under way."""
    return session.scalar(select(BulkTagging.id).where(BulkTagging.shop_id == shop_id).limit(1)) is not None


def shops_waiting(session: Session, now: datetime) -> list[int]:
    """Shops with bulk mutations to look after, for the sweep."""
    return [shop_id for shop_id in shops.answering(session, now) if any_under_way(session, shop_id)]


def note(shop: Shop, now: datetime) -> str | None:
    """What the merchant may want to know about the pace of tag writing, in words; None if there is nothing to say."""
    if shop.bulk_tags_refused is None or shop.bulk_tags_after is None or shop.bulk_tags_after <= now:
        return None
    return Said("Shopify takes tags a few at a time for now, so this takes longer than usual")


def _begin(client: AdminClient, shop_id: int, turn: Turn) -> None:
    now = clock.now()
    with db.read() as session:
        shop = shops.get(session, shop_id)
        free = bulk_operations.MOST_RUNNING - len(bulk_groups.under_way(session, shop_id))
        rests = shop.bulk_tags_after is not None and shop.bulk_tags_after > now
        if tag_changes.is_held(session, shop_id) or rests or free <= 0:
            return
        groups = bulk_groups.worthwhile(session, shop_id, now, config.current().bulk_tags_from)
    for tagging in bulk_groups.choose(shop_id, groups[:free], turn) if groups else ():
        _start(client, tagging, turn)


def _start(client: AdminClient, tagging: BulkTagging, turn: Turn) -> None:
    """Start a mutation that was chosen, and see to what comes in between."""
    try:
        if not _find(client, tagging):
            if _is_superseded(tagging) or _is_held(tagging):
                bulk_groups.release(tagging, turn)
            else:
                _upload_and_start(client, tagging, turn)
    except LinesMissing:
        bulk_groups.release(tagging, turn)
    except errors.OperationInProgress:
        log.info("bulk_places_taken", shop_id=tagging.shop_id)
        _rest(tagging.shop_id, BUSY_FOR, None)
        bulk_groups.release(tagging, turn)
    except (errors.UserErrors, errors.QueryRefused, errors.AccessDenied, errors.EgressRefused) as error:
        _check_that_the_shop_answers(client)
        _give_up(tagging, turn, str(error))
    except errors.ShopUnavailable as error:
        if _failed(tagging, error):
            _check_that_the_shop_answers(client)
            if not _find(client, tagging):
                _give_up(tagging, turn, str(error))


def _find(client: AdminClient, tagging: BulkTagging) -> bool:
    """Whether it was started already: we died, or the answer was lost, before that could be written down."""
    if tagging.attempted_at is None:
        return False
    found = bulk_operations.find_mutation(client, _name(tagging), tagging.attempted_at)
    if found is not None:
        _note(tagging, operation_id=found, looked_at=None, failures=0)
    return found is not None


def _upload_and_start(client: AdminClient, tagging: BulkTagging, turn: Turn) -> None:
    name = _name(tagging)
    with tempfile.TemporaryFile() as file:
        if not _write_variables(tagging, file):
            bulk_groups.release(tagging, turn)
            return
        turn.renew()
        target = staged_uploads.target(client, f"{name}.jsonl")
        staged_uploads.send(http.client(), target, file)
    turn.renew()
    _note(tagging, attempted_at=clock.now())
    text = tags.bulk_mutation(name, adds=tagging.adds)
    operation_id = bulk_operations.start_mutation(client, text, target.path, name)
    _note(tagging, operation_id=operation_id, looked_at=clock.wall(), failures=0)
    log.info("bulk_tagging_started", shop_id=tagging.shop_id, operation=operation_id, adds=tagging.adds)


def _write_variables(tagging: BulkTagging, file: IO[bytes]) -> int:
    names, lines = _tags(tagging), 0
    with db.read() as session:
        for customer_id in bulk_groups.customers(session, tagging):
            file.write(tags.bulk_variables(customer_id, names))
            lines += 1
    file.seek(0)
    return lines


def _follow(client: AdminClient, tagging: BulkTagging, turn: Turn, deadline: float) -> bool:
    """See how a started mutation stands, and record its result if it has ended; whether more of it is left."""
    operation = bulk_operations.fetch(client, str(tagging.operation_id))
    if operation is None:
        _give_up(tagging, turn, "Shopify does not know the operation any more")
        return False
    if operation.unfinished:
        _note(tagging, looked_at=clock.wall())
        if operation.status != "CANCELING" and _is_superseded(tagging):
            bulk_operations.cancel(client, operation.id)
        return False
    url = operation.url or operation.partial_url
    try:
        if url and not _record_answers(tagging, url, turn, deadline):
            _note(tagging, looked_at=None)
            return True
    except errors.ShopUnavailable as error:
        if not _failed(tagging, error):
            _note(tagging, looked_at=clock.wall())
            return False
    _end(tagging, operation, turn)
    return False


def _record_answers(tagging: BulkTagging, url: str, turn: Turn, deadline: float) -> bool:
    """Record a result from where we are; False if time ran out before its end."""
    names, place = _tags(tagging), tagging.place
    answers = _readable(bulk_operations.answers(http.client(), url, skip=place))
    while batch := list(islice(answers, bulk_groups.ROWS_AT_ONCE)):
        turn.renew()
        place += len(batch)
        with db.write() as session:
            shops.hold(session, tagging.shop_id)
            bulk_groups.record(session, tagging, batch, names)
            _set(session, tagging, place=place, failures=0)
        if time.monotonic() >= deadline:
            return False
    return True


def _readable(answers: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The lines up to the first that cannot be read: what was cut off in the middle ends there."""
    try:
        yield from answers
    except ValueError:
        log.warning("bulk_result_cut_off")


def _end(tagging: BulkTagging, operation: BulkOperation, turn: Turn) -> None:
    superseded = operation.status == "CANCELED" and _is_superseded(tagging)
    unanswered = bulk_groups.release(tagging, turn)
    log.info("bulk_tagging_ended", shop_id=tagging.shop_id, status=operation.status, unanswered=unanswered)
    if not superseded and (unanswered or operation.status != bulk_operations.COMPLETED):
        why = f"{operation.status} {operation.error_code or ''}".strip()
        _rest(tagging.shop_id, RESTS_FOR, f"The operation ended as {why}, {unanswered:,} customers without an answer")


def _is_superseded(tagging: BulkTagging) -> bool:
    """Whether tags are being added that the merchant has had taken off meanwhile."""
    with db.read() as session:
        return tagging.adds and shops.get(session, tagging.shop_id).tagging_off_at is not None


def _is_held(tagging: BulkTagging) -> bool:
    """Whether nothing is to be written for now: what has not been started waits with all the rest."""
    with db.read() as session:
        return tag_changes.is_held(session, tagging.shop_id)


def _give_up(tagging: BulkTagging, turn: Turn, reason: str) -> None:
    _rest(tagging.shop_id, RESTS_FOR, reason)
    bulk_groups.release(tagging, turn)


def _rest(shop_id: int, how_long: timedelta, reason: str | None) -> None:
    """Have the shop's tags written a few at a time for a while, and say why."""
    until = clock.now() + how_long
    with db.write() as session:
        changes = {"bulk_tags_after": until, "bulk_tags_refused": reason[:500] if reason else None}
        session.execute(update(Shop).where(Shop.id == shop_id).values(changes))
    if reason:
        log.warning("bulk_tagging_refused", shop_id=shop_id, until=until.isoformat(), reason=reason)


def _check_that_the_shop_answers(client: AdminClient) -> None:
    """Raise what an ordinary call meets: then not only bulk operations are refused, and they are not to blame."""
    client.execute(document("shop"))


def _failed(tagging: BulkTagging, error: errors.ShopUnavailable) -> bool:
    """Count a failure that may pass; whether it is one too many."""
    _note(tagging, failures=tagging.failures + 1)
    log.warning("bulk_tagging_interrupted", shop_id=tagging.shop_id, failures=tagging.failures, reason=str(error))
    return tagging.failures >= MOST_FAILURES


def _tags(tagging: BulkTagging) -> tuple[str, ...]:
    with db.read() as session:
        return tag_changes.tags_of(tagging.bits, segment_store.tags_by_bit(session, tagging.shop_id))


def _name(tagging: BulkTagging) -> str:
    """What the operation is called in its own text: Shopify shows that, and by nothing else it could be found."""
    return f"WriteTags{tagging.id}"


def _note(tagging: BulkTagging, **changes: Any) -> None:
    with db.write() as session:
        _set(session, tagging, **changes)


def _set(session: Session, tagging: BulkTagging, **changes: Any) -> None:
    mine = (BulkTagging.shop_id == tagging.shop_id, BulkTagging.id == tagging.id)
    session.execute(update(BulkTagging).where(*mine).values(changes))
    for name, value in changes.items():
        setattr(tagging, name, value)
