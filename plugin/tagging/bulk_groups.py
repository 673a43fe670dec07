"""Whose tags bulk mutations change: choosing customers by what they need, keeping the lines, letting them go again.

The database's side of tagging.bulk_tagging. A customer is in one bulk mutation at a time: `bulk_tags` holds what it is
about, and what has to wait for it. Never calls Shopify.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, literal, select, update
from sqlalchemy.orm import Session

from plugin import clock
from plugin.db import session as db
from plugin.db.models import BulkTagging, BulkTaggingLine, Customer
from plugin.shop import shops
from plugin.shopify import tags
from plugin.shopify.tags import TagAnswer, TagEdit
from plugin.tagging import tag_changes
from plugin.tagging.tag_changes import Change
from plugin.turns import Turn

# A bulk mutation takes three calls and some waiting; fewer customers are quicker written a few at a time.
SMALLEST = 50
# Shopify ends a bulk mutation after 24 hours, and what one lost has to be written again.
LINES_AT_MOST = 100_000
# Small enough that deliveries find the database free in between.
ROWS_AT_ONCE = 1_000


class LinesMissing(Exception):
    """Somebody was erased while the lines were kept: the numbers of the others' lines are no longer right."""


@dataclass(frozen=True, slots=True)
class Group:
    """Customers who need the same: these bits added, or these removed."""

    adds: bool
    bits: int

    @classmethod
    def of(cls, change: Change) -> "Group":
        """What is done first for a customer: removing, because who has 250 tags has no room before."""
        return cls(adds=False, bits=change.remove) if change.remove else cls(adds=True, bits=change.add)

    def part(self, customer_id: int) -> Change:
        """What the group's mutation does for one of its customers."""
        return Change(customer_id, add=self.bits if self.adds else 0, remove=0 if self.adds else self.bits)


def under_way(session: Session, shop_id: int) -> list[BulkTagging]:
    """The shop's bulk mutations from their choosing to their end, oldest first."""
    mine = select(BulkTagging).where(BulkTagging.shop_id == shop_id)
    return list(session.scalars(mine.order_by(BulkTagging.created_at, BulkTagging.id)))


def worthwhile(session: Session, shop_id: int, now: datetime, enough: int) -> list[Group]:
    """The largest groups of customers, if `enough` are waiting at all; groups that are too small are left out."""
    free = (*tag_changes.is_pending(shop_id, now), Customer.bulk_tags == 0)
    some = select(literal(1)).select_from(Customer).where(*free).limit(enough).subquery()
    if (session.scalar(select(func.count()).select_from(some)) or 0) < enough:
        return []
    state = (tag_changes.TARGET, Customer.applied_tags, Customer.unsure_tags)
    sizes: Counter[Group] = Counter()
    for target, applied, unsure, count in session.execute(select(*state, func.count()).where(*free).group_by(*state)):
        sizes[Group.of(tag_changes.change(0, target, applied, unsure))] += count
    return [group for group, size in sizes.most_common() if size >= SMALLEST]


def choose(shop_id: int, groups: Sequence[Group], turn: Turn) -> list[BulkTagging]:
    """Take the groups' customers into bulk mutations about to be started, some at a time; what they need may change."""
    now = clock.now()
    chosen = {group: BulkTagging(shop_id=shop_id, adds=group.adds, bits=group.bits, created_at=now) for group in groups}
    with db.write() as session:
        shops.hold(session, shop_id)
        session.add_all(chosen.values())
    sizes = dict.fromkeys(groups, 0)
    after: int | None = 0
    while after is not None and any(size < LINES_AT_MOST for size in sizes.values()):
        turn.renew()
        with db.write() as session:
            shops.hold(session, shop_id)
            after = _choose_some(session, shop_id, chosen, sizes, after)
    return list(chosen.values())


def customers(session: Session, tagging: BulkTagging) -> Iterator[int]:
    """The customers by line, without holding all of them; LinesMissing if a line is gone."""
    lines = select(BulkTaggingLine.line, BulkTaggingLine.customer_id).where(*_lines_of(tagging))
    found = session.execute(lines.order_by(BulkTaggingLine.line).execution_options(yield_per=ROWS_AT_ONCE))
    for expected, (line, customer_id) in enumerate(found):
        if line != expected:
            raise LinesMissing
        yield customer_id


def record(session: Session, tagging: BulkTagging, answers: Sequence[dict[str, Any]], names: tuple[str, ...]) -> None:
    """Write down some lines of a result. Lines nobody knows (any more) are skipped, those without an answer stay."""
    by_line = {int(answer["__lineNumber"]): answer for answer in answers}
    group = Group(tagging.adds, tagging.bits)
    known = select(BulkTaggingLine.line, BulkTaggingLine.customer_id)
    answered: list[tuple[Change, TagEdit, TagAnswer]] = []
    done = []
    for line, customer_id in session.execute(known.where(*_lines_of(tagging), BulkTaggingLine.line.in_(by_line))):
        answer = tags.bulk_answer(by_line[line], customer_id, adds=tagging.adds)
        if answer is not None:
            edit = TagEdit(customer_id, names if tagging.adds else (), () if tagging.adds else names)
            answered.append((group.part(customer_id), edit, answer))
            done.append(line)
    tag_changes.record(session, tagging.shop_id, answered, clock.now())
    _let_go(session, tagging.shop_id, [change.customer_id for change, _, _ in answered])
    session.execute(delete(BulkTaggingLine).where(*_lines_of(tagging), BulkTaggingLine.line.in_(done)))


def release(tagging: BulkTagging, turn: Turn) -> int:
    """End a bulk mutation for us; returns how many of its customers have no answer. They are written anew."""
    released = 0
    some = select(BulkTaggingLine.line, BulkTaggingLine.customer_id).where(*_lines_of(tagging)).limit(ROWS_AT_ONCE)
    while True:
        turn.renew()
        with db.write() as session:
            shops.hold(session, tagging.shop_id)
            lines = {row.line: row.customer_id for row in session.execute(some)}
            if not lines:
                mine = (BulkTagging.shop_id == tagging.shop_id, BulkTagging.id == tagging.id)
                session.execute(delete(BulkTagging).where(*mine))
                return released
            _let_go(session, tagging.shop_id, list(lines.values()))
            session.execute(delete(BulkTaggingLine).where(*_lines_of(tagging), BulkTaggingLine.line.in_(lines)))
            released += len(lines)


def _choose_some(
    session: Session, shop_id: int, chosen: dict[Group, BulkTagging], sizes: dict[Group, int], after: int
) -> int | None:
    """Go on behind a customer; returns the last one looked at, None when there are no more."""
    free = (Customer.customer_id > after, Customer.bulk_tags == 0)
    changes = tag_changes.pending(session, shop_id, clock.now(), ROWS_AT_ONCE, *free)
    lines, parts, held = [], [], []
    for change in changes:
        group = Group.of(change)
        if group not in chosen or sizes[group] >= LINES_AT_MOST:
            continue
        key = {"shop_id": shop_id, "bulk_tagging_id": chosen[group].id, "line": sizes[group]}
        lines.append({**key, "customer_id": change.customer_id})
        parts.append(group.part(change.customer_id))
        held.append({"b_customer_id": change.customer_id, "b_held": change.bits})
        sizes[group] += 1
    if lines:
        tag_changes.note_unsure(session, shop_id, parts)
        theirs = (Customer.shop_id == shop_id, Customer.customer_id == bindparam("b_customer_id"))
        hold = update(Customer).where(*theirs).values(bulk_tags=bindparam("b_held"))
        session.connection().execute(hold, held)
        session.connection().execute(insert(BulkTaggingLine), lines)
    return changes[-1].customer_id if changes else None


def _let_go(session: Session, shop_id: int, customer_ids: list[int]) -> None:
    theirs = (Customer.shop_id == shop_id, Customer.customer_id.in_(customer_ids))
    session.connection().execute(update(Customer).where(*theirs).values(bulk_tags=0))


def _lines_of(tagging: BulkTagging) -> tuple[Any, ...]:
    return BulkTaggingLine.shop_id == tagging.shop_id, BulkTaggingLine.bulk_tagging_id == tagging.id
