"""Takes in answers to the promoter question, whichever door they came through: records them and judges those who gave
them. Nobody becomes a customer by an answer: who is not known here is refused.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import BinaryIO

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from plugin import clock, queues
from plugin.db import session as db
from plugin.db.models import Customer
from plugin.history import answers
from plugin.schemas import answers_file
from plugin.schemas.answers_file import Line
from plugin.schemas.facts import PromoterAnswer
from plugin.shop import shops
from plugin.standing import refresh

log = structlog.get_logger()

CAUSE = "answer"
# One transaction: a delivery that arrives meanwhile waits for it.
ANSWERS_AT_ONCE = 1_000
# A file with more bad lines than this is another kind of file; reading stops there, and the report says where.
MOST_PROBLEMS = 10_000
# Clocks of survey tools and ours.
CLOCKS_APART = timedelta(minutes=5)


@dataclass(slots=True)
class Report:
    """What became of a file. `problems`: numbers of lines that were not taken, each with the reason in words.

    `lines` were read; `stopped_at`: the line behind which nothing was read, because too many had been bad.
    """

    lines: int = 0
    recorded: int = 0
    older: int = 0
    unknown_customers: int = 0
    stopped_at: int | None = None
    problems: list[tuple[int, str]] = field(default_factory=list)


def take_in(shop_id: int, given: Sequence[PromoterAnswer]) -> list[str]:
    """Record answers and judge who gave them, in batches; returns what became of each (plugin.history.answers).

    The same answers again change nothing.
    """
    outcomes: list[str] = []
    for start in range(0, len(given), ANSWERS_AT_ONCE):
        with db.write() as session:
            shops.hold(session, shop_id)
            now = clock.now()
            found, touched = _fold(session, shop_id, given[start : start + ANSWERS_AT_ONCE])
            changed = refresh.refresh_customers(session, shop_id, sorted(touched), now, CAUSE)
        outcomes += found
        if changed:
            queues.wake("sync", shop_id)
    if given:
        counts = {each: outcomes.count(each) for each in (answers.RECORDED, answers.OLDER, answers.UNKNOWN)}
        log.info("answers_taken_in", shop_id=shop_id, **counts)
    return outcomes


def take_file(shop_id: int, stream: BinaryIO) -> Report:
    """Take in a CSV file (plugin.schemas.answers_file) while it is read; FileRefused if it is none."""
    with db.read() as session:
        zone = shops.zone(shops.get(session, shop_id))
    report = Report()
    lines = answers_file.read(stream, zone, clock.now() + CLOCKS_APART)
    while some := list(islice(lines, ANSWERS_AT_ONCE)):
        report.lines += len(some)
        _take_lines(shop_id, some, report)
        if len(report.problems) > MOST_PROBLEMS:
            report.stopped_at = some[-1].number
            break
    report.problems.sort()
    return report


def known_count(session: Session, shop_id: int) -> int:
    """How many customers have answered, however long ago."""
    theirs = (Customer.shop_id == shop_id, Customer.promoter_at.is_not(None), Customer.deleted_at.is_(None))
    return session.scalar(select(func.count()).select_from(Customer).where(*theirs)) or 0


def _fold(session: Session, shop_id: int, some: Sequence[PromoterAnswer]) -> tuple[list[str], set[int]]:
    """Record answers; returns what became of each, and whose last answer is another now."""
    customers = _living(session, shop_id, {answer.customer_id for answer in some})
    before = {each.customer_id: (each.promoter_score, each.promoter_at) for each in customers.values()}
    outcomes = []
    for answer in some:
        customer = customers.get(answer.customer_id)
        outcomes.append(answers.UNKNOWN if customer is None else answers.fold(customer, answer.score, answer.at))
    touched = {
        each.customer_id
        for each in customers.values()
        if before[each.customer_id] != (each.promoter_score, each.promoter_at)
    }
    session.flush()
    return outcomes, touched


def _living(session: Session, shop_id: int, asked: Collection[int]) -> dict[int, Customer]:
    """Who has each of these numbers today: those who were merged away are somebody else; the deleted are left out."""
    found: dict[int, Customer] = {}
    wanted = set(asked)
    while wanted:
        theirs = (Customer.shop_id == shop_id, Customer.customer_id.in_(wanted))
        rows = session.scalars(select(Customer).where(*theirs)).all()
        found |= {row.customer_id: row for row in rows}
        wanted = {row.merged_into for row in rows if row.merged_into is not None} - found.keys()
    ends = {number: _end(found, number) for number in asked}
    return {number: end for number, end in ends.items() if end is not None and end.deleted_at is None}


def _end(found: dict[int, Customer], number: int) -> Customer | None:
    customer = found.get(number)
    while customer is not None and customer.merged_into is not None:
        customer = found.get(customer.merged_into)
    return customer


def _take_lines(shop_id: int, some: Sequence[Line], report: Report) -> None:
    readable = [(line.number, line.answer) for line in some if line.answer is not None]
    report.problems += [(line.number, line.problem) for line in some if line.answer is None]
    outcomes = take_in(shop_id, [answer for _, answer in readable])
    for (number, _), outcome in zip(readable, outcomes, strict=True):
        report.recorded += outcome == answers.RECORDED
        report.older += outcome == answers.OLDER
        if outcome == answers.UNKNOWN:
            report.unknown_customers += 1
            report.problems.append((number, "No customer of this shop has that number."))
