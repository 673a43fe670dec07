"""What the page of one customer says in words: facts, the next change, and what happened. Reads nothing."""

from datetime import timedelta
from typing import Any

from plugin.db.models import Customer
from plugin.language import Language
from plugin.segments.columns import EPOCH, Columns
from plugin.segments.voice import message
from plugin.standing import timeline
from plugin.standing.explanation import CustomerExplained
from plugin.standing.timeline import Event

UNKNOWN = message("The shop has no such customer.")


def facts(row: Customer, columns: Columns, said: Language) -> list[tuple[str, str]]:
    """Names and values; orders are those that count. What nobody told is left out."""
    count = len(columns.processed_at)
    known = [(said.text("Orders"), said.number(count)), (said.text("Spent"), said.money(int(columns.spend.sum())))]
    if count:
        first, last = (EPOCH + timedelta(seconds=int(columns.processed_at[i])) for i in (0, -1))
        known += [(said.text("First order"), said.date(first)), (said.text("Last order"), said.date(last))]
    if row.signed_up_at is not None:
        known.append((said.text("Signed up"), said.date(row.signed_up_at)))
    if row.country is not None:
        known.append((said.text("Country"), said.country(row.country)))
    if row.promoter_score is not None:
        known.append((said.text("Would recommend you"), said.text("{score} of 10", score=row.promoter_score)))
    return known


def next_change(found: CustomerExplained, said: Language) -> str:
    """What time alone will do first, if it does anything."""
    coming = [each for each in found.segments if each.why.changes_at is not None and each.waits is None]
    if not coming or not found.tagging_on:
        return said.text("Nothing changes here by itself: only an order, a refund or a new rule does.")
    at = min(each.why.changes_at for each in coming if each.why.changes_at is not None)
    then = [each for each in coming if each.why.changes_at == at]
    enters, leaves = (
        ", ".join(each.segment.name for each in then if each.inside is inside) for inside in (False, True)
    )
    when = said.moment(at)
    if enters and leaves:
        return said.text(
            "Moves from {leaves} to {enters} on {when}, unless they buy before.",
            leaves=leaves,
            enters=enters,
            when=when,
        )
    if enters:
        return said.text("Enters {enters} on {when}, unless they buy before.", enters=enters, when=when)
    return said.text("Leaves {leaves} on {when}, unless they buy before.", leaves=leaves, when=when)


def event(told: Event, said: Language) -> dict[str, Any]:
    """One line of what happened."""
    kind, text = _happened(told, said)
    return {"at": told.place.at.isoformat(), "moment": said.moment(told.place.at), "words": text, "kind": kind}


def _happened(told: Event, said: Language) -> tuple[str, str]:
    added, removed = ", ".join(told.added), ", ".join(told.removed)
    if told.place.kind == timeline.MOVEMENT:
        if not added and not removed:
            return "left", said.text("Moved in a segment that is gone by now")
        why = _because(told.cause, said)
        if added:
            return "entered", said.text("Entered {segment}, {why}", segment=added, why=why)
        return "left", said.text("Left {segment}, {why}", segment=removed, why=why)
    if told.place.kind == timeline.FOREIGN:
        if added:
            return "foreign", said.text("Somebody else put on the tag {tag}", tag=added)
        return "foreign", said.text("Somebody else took off the tag {tag}", tag=removed)
    return _written(told.outcome, added, removed, said)


def _because(cause: str, said: Language) -> str:
    """Why somebody entered or left, by plugin.db.models.Movement.cause."""
    reasons = {
        "time": said.text("because time passed"),
        "settings": said.text("because the rules were changed"),
        "import": said.text("when your order history was read"),
        "pin": said.text("because of a pin"),
        "answer": said.text("because of an answer they gave"),
    }
    return reasons.get(cause) or said.text("because of an order or a change in the store")


def _written(outcome: str, added: str, removed: str, said: Language) -> tuple[str, str]:
    if outcome == "missing":
        return "refused", said.text("No tag written: the customer is not in the store any more")
    if outcome == "refused":
        return "refused", said.text(
            "Shopify refused to change the tags: {tags}", tags=", ".join(filter(None, (added, removed)))
        )
    if added and removed:
        return "written", said.text("Tag {added} put on, {removed} taken off", added=added, removed=removed)
    if added:
        return "written", said.text("Tag {added} put on", added=added)
    return "written", said.text("Tag {removed} taken off", removed=removed)
