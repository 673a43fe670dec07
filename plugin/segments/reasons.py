"""Why one customer is in a segment or is not: what was found for every condition, what else decided, when that changes
by itself, and what would bring them in.

Explanations on the page and the command line print it. Judged by `evaluate`, like everything else. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from plugin.segments import advice, evaluate, findings, words
from plugin.segments.advice import Advice
from plugin.segments.columns import EPOCH, IntArray
from plugin.segments.customers import Customers, Store
from plugin.segments.evaluate import Evaluation, Numbers
from plugin.segments.findings import Told
from plugin.segments.memberships import Standing
from plugin.segments.rules import Condition, Segment
from plugin.segments.voice import Voice, message

# Time alone moves nobody to and fro for ever; whoever it does is not followed further.
MOST_REVIEWS = 1_000


@dataclass(frozen=True, slots=True)
class ConditionFound:
    sentence: str
    """What is asked: "placed at least 3 orders in the last 90 days"."""
    holds: bool
    found: str
    """What was found: "4 orders since Mar 3, 2026"."""


@dataclass(frozen=True, slots=True)
class Explanation:
    inside: bool
    sentence: str
    conditions: tuple[ConditionFound, ...]
    keep: tuple[ConditionFound, ...]
    """The lower bar to stay; empty if there is none."""
    reasons: tuple[str, ...]
    """What decided beside the conditions: a lower bar, a minimum stay, a pin, a higher step of the ladder."""
    changes_at: datetime | None
    """When the customer enters or leaves if nothing happens until then; None if never."""
    advice: Advice | None
    """The least they would have to buy to come in; None if they are in, or nothing they buy would do it."""


def explain(
    customers: Customers,
    i: int,
    segment: Segment,
    segments: Sequence[Segment],
    as_of: datetime,
    voice: Voice,
    store: Store,
    told: Told | None = None,
) -> Explanation:
    """Why customer number i is in one of the segments or not."""
    customer, rivals = customers.only(i), words.of_one_ladder(segment, segments)
    numbers, standings = evaluate.standings(customer, rivals, as_of, store)
    conditions, keep = (
        tuple(_condition(each, numbers, as_of, voice, store, told or {}) for each in part)
        for part in (segment.conditions, segment.keep)
    )
    return Explanation(
        inside=bool(standings[segment.bit].inside[0]),
        sentence=words.sentence(segment, voice),
        conditions=conditions,
        keep=keep,
        reasons=tuple(_reasons(segment, rivals, standings, customer, voice)),
        changes_at=_changes_at(customer, segment, rivals, as_of, store),
        advice=advice.find(customer, segment, rivals, as_of, store),
    )


def _condition(
    condition: Condition, numbers: Numbers, as_of: datetime, voice: Voice, store: Store, told: Told
) -> ConditionFound:
    holds, number = bool(evaluate.holding(condition, numbers, store)[0]), int(numbers[condition.asked][0])
    found = findings.say(condition, number, holds, as_of, voice, told)
    return ConditionFound(words.phrase(condition, voice), holds, found)


def _reasons(
    segment: Segment, rivals: Sequence[Segment], standings: dict[int, Standing], customer: Customers, voice: Voice
) -> list[str]:
    standing = standings[segment.bit]
    if standing.pinned_out[0]:
        return [voice.text("pinned out of it")]
    if standing.pinned_in[0] and standing.inside[0]:
        return [voice.text("pinned into it")]
    by_bar, by_stay = bool(standing.kept[0]), bool(standing.stays[0])
    if not standing.inside[0]:
        fits = standing.holds[0] or by_bar or by_stay or standing.pinned_in[0]
        said = message("{segment} fits as well, and only one step of a ladder is given")
        return [voice.text(said, segment=_chosen(rivals, standings, voice))] if fits else []
    found = []
    if not standing.holds[0] and by_bar:
        found.append(voice.text("kept by the lower bar to stay"))
    if not standing.holds[0] and by_stay:
        until = EPOCH + timedelta(seconds=int(customer.stays[segment.bit][0]))
        found.append(voice.text("stays at least until {date}", date=voice.date(until)))
    return found


def _chosen(rivals: Sequence[Segment], standings: dict[int, Standing], voice: Voice) -> str:
    return next((other.name for other in rivals if standings[other.bit].inside[0]), voice.text("another step"))


def _changes_at(
    customer: Customers, segment: Segment, rivals: Sequence[Segment], as_of: datetime, store: Store
) -> datetime | None:
    """Goes from review to review, each time with the memberships that the one before led to."""
    at, found = as_of, evaluate.evaluate(customer, rivals, as_of, store)
    now = _inside(found, segment)
    for _ in range(MOST_REVIEWS):
        review = int(found.next_review_at[0])
        if review == evaluate.NEVER:
            return None
        customer = replace(customer, members=_members(customer, rivals, found), stays=found.stays)
        at = (EPOCH + timedelta(microseconds=review)).astimezone(as_of.tzinfo)
        found = evaluate.evaluate(customer, rivals, at, store)
        if _inside(found, segment) != now:
            return at
        ends = int(customer.pins_until[0])
        if 0 < ends * 1_000_000 <= review:
            return None  # a pin has run out: which, and what then, is known when they are judged without it
    return None


def _members(customer: Customers, rivals: Sequence[Segment], found: Evaluation) -> IntArray:
    judged = sum(1 << segment.bit for segment in rivals)
    members: IntArray = (customer.members & ~np.int64(judged)) | found.memberships
    return members


def _inside(found: Evaluation, segment: Segment) -> bool:
    return bool(found.memberships[0] >> segment.bit & 1)
