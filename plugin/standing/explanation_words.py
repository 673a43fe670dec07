"""An explanation (plugin.standing.explanation) as a person reads it, line by line, and as JSON. Finds out nothing."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from plugin.segments import words
from plugin.segments.advice import Advice
from plugin.segments.measures import MEASURES
from plugin.standing.explanation import CustomerExplained, SegmentExplained

INDENT = "       "


def lines(explained: CustomerExplained) -> Iterator[str]:
    """What `regulars explain` prints."""
    yield from _beside(explained)
    for each in explained.segments:
        yield f"{'IN ' if each.inside else 'out'}  {each.segment.name} (tag: {each.segment.tag}): {each.why.sentence}"
        for condition in each.why.conditions:
            yield f"{INDENT}{'yes' if condition.holds else 'no '}: {condition.found}"
        for line in _more(explained, each):
            yield INDENT + line


def as_json(explained: CustomerExplained) -> dict[str, Any]:
    """The same for programs: numbers of customers and orders are text, scripts know no such large ones."""
    return {
        "customer": str(explained.customer_id),
        "as_of": explained.as_of.isoformat(),
        "tagging_on": explained.tagging_on,
        "ignored_orders": [
            {"order": str(order.order_id), "processed_at": _iso(order.processed_at), "because": order.because}
            for order in explained.ignored
        ],
        "baseline": _baseline(explained),
        "segments": [_segment(explained, each) for each in explained.segments],
    }


def advice(explained: CustomerExplained, found: Advice) -> str:
    """ "comes in with $48.00 more before 3 March 2026 at 10:00"."""
    bought, parts = found.purchase, []
    if bought.orders > 1 or not (bought.spend or bought.units):
        parts.append(f"{bought.orders:,} {'order' if bought.orders == 1 else 'orders'} more")
    if bought.units:
        parts.append(f"{bought.units:,} {'item' if bought.units == 1 else 'items'} more")
    if bought.spend:
        parts.append(f"{explained.say(bought.spend)} more")
    of = f" ({' and '.join(words.category(key) for key in bought.categories)})" if bought.categories else ""
    before = f" before {_moment(found.before)}" if found.before else ""
    return f"comes in with {' and '.join(parts)}{of}{before}"


def _beside(explained: CustomerExplained) -> Iterator[str]:
    """What is about the customer and not about one segment."""
    if not explained.tagging_on:
        yield "Tagging is switched off: nobody carries a tag of ours."
    for order in explained.ignored:
        placed = (
            f" of {words.date(order.processed_at.astimezone(explained.as_of.tzinfo))}" if order.processed_at else ""
        )
        yield f"Order {order.order_id}{placed} does not count: {order.because}"
    if explained.baseline and any(_is_relative(each) for each in explained.segments):
        computed = words.date(explained.baseline.computed_at.astimezone(explained.as_of.tzinfo))
        numbers = explained.baseline.baseline
        yield (
            f"Compared with the store as of {computed}:"
            f" {numbers.buyers:,} buyers, {explained.say(numbers.average_spend)} on average"
        )


def _is_relative(each: SegmentExplained) -> bool:
    return any(MEASURES[condition.measure].relative for condition in each.segment.all_conditions)


def _more(explained: CustomerExplained, each: SegmentExplained) -> Iterator[str]:
    if each.why.keep:
        for condition in each.why.keep:
            yield f"to stay, {'yes' if condition.holds else 'no'}: {condition.sentence} ({condition.found})"
    if each.waits:
        yield each.waits
    yield from _reasons(explained, each)
    if each.why.changes_at and not each.waits:
        verb = "leaves" if each.inside else "enters"
        yield f"{verb} on {_moment(each.why.changes_at)} if nothing happens until then"
    if each.why.advice and not each.waits:
        yield advice(explained, each.why.advice)
    saved = words.date(each.saved_at.astimezone(explained.as_of.tzinfo))
    yield f"rule: version {each.version}, saved on {saved}"


def _reasons(explained: CustomerExplained, each: SegmentExplained) -> list[str]:
    if each.pin is None:
        return list(each.why.reasons)
    until = f" until {_moment(each.pin.until.astimezone(explained.as_of.tzinfo))}" if each.pin.until else ""
    note = f": {each.pin.note}" if each.pin.note else ""
    return [f"pinned {'into' if each.pin.into else 'out of'} it{until}{note}"]


def _segment(explained: CustomerExplained, each: SegmentExplained) -> dict[str, Any]:
    why = each.why
    return {
        "name": each.segment.name,
        "tag": each.segment.tag,
        "inside": each.inside,
        "sentence": why.sentence,
        "conditions": [{"asked": c.sentence, "holds": c.holds, "found": c.found} for c in why.conditions],
        "keep": [{"asked": c.sentence, "holds": c.holds, "found": c.found} for c in why.keep],
        "reasons": [*([each.waits] if each.waits else []), *_reasons(explained, each)],
        "changes_at": None if each.waits else _iso(why.changes_at),
        "advice": advice(explained, why.advice) if why.advice and not each.waits else None,
        "advice_before": _iso(why.advice.before) if why.advice and not each.waits else None,
        "version": each.version,
        "saved_at": _iso(each.saved_at),
    }


def _baseline(explained: CustomerExplained) -> dict[str, Any] | None:
    stored = explained.baseline
    if stored is None:
        return None
    return {
        "computed_at": _iso(stored.computed_at),
        "buyers": stored.baseline.buyers,
        "average_spend": explained.say(stored.baseline.average_spend),
    }


def _moment(instant: datetime) -> str:
    return f"{words.date(instant)} at {instant:%H:%M}"


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
