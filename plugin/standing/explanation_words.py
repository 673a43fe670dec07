"""An explanation (plugin.standing.explanation) as a person reads it, line by line, and as JSON. Finds out nothing."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from plugin.language import Language
from plugin.segments import words
from plugin.segments.advice import Advice
from plugin.segments.measures import MEASURES
from plugin.segments.reasons import ConditionFound
from plugin.segments.voice import by
from plugin.standing.explanation import CustomerExplained, SegmentExplained

INDENT = "       "


def lines(explained: CustomerExplained) -> Iterator[str]:
    """What `regulars explain` prints."""
    voice = explained.voice
    yield from _beside(explained)
    for each in explained.segments:
        name, tag = each.segment.name, each.segment.tag
        yield f"{'IN ' if each.inside else 'out'}  {name} (tag: {tag}): {each.why.sentence}"
        for condition in each.why.conditions:
            yield f"{INDENT}{'yes' if condition.holds else 'no '}: {condition.found}"
        for line in _more(voice, each):
            yield INDENT + line


def as_json(explained: CustomerExplained) -> dict[str, Any]:
    """The same for programs: numbers of customers and orders are text, scripts know no such large ones."""
    return {
        "customer": str(explained.customer_id),
        "as_of": explained.as_of.isoformat(),
        "tagging_on": explained.tagging_on,
        "ignored_orders": [
            {
                "order": str(order.order_id),
                "processed_at": _iso(order.processed_at),
                "because": by(explained.voice, order.because),
            }
            for order in explained.ignored
        ],
        "baseline": _baseline(explained),
        "segments": [_segment(explained.voice, each) for each in explained.segments],
    }


def advice(voice: Language, found: Advice) -> str:
    """ "comes in with $48.00 more before Mar 3, 2026, 10:00 AM"."""
    bought, parts = found.purchase, []
    if bought.orders > 1 or not (bought.spend or bought.units):
        parts.append(voice.plural("{count} order more", "{count} orders more", bought.orders))
    if bought.units:
        parts.append(voice.plural("{count} item more", "{count} items more", bought.units))
    if bought.spend:
        parts.append(voice.text("{amount} more", amount=voice.money(bought.spend)))
    what = words.joined(parts, voice)
    if bought.categories:
        about = words.joined([words.category(key, voice) for key in bought.categories], voice)
        what = f"{what} ({about})"
    if found.before is None:
        return voice.text("comes in with {what}", what=what)
    return voice.text("comes in with {what} before {moment}", what=what, moment=voice.moment(found.before))


def _beside(explained: CustomerExplained) -> Iterator[str]:
    """What is about the customer and not about one segment."""
    voice = explained.voice
    if not explained.tagging_on:
        yield voice.text("Tagging is switched off: nobody carries a tag of ours.")
    for order in explained.ignored:
        told = {"order": str(order.order_id), "because": by(voice, order.because)}
        if order.processed_at is None:
            yield voice.text("Order {order} does not count: {because}", **told)
        else:
            date = voice.date(order.processed_at)
            yield voice.text("Order {order} of {date} does not count: {because}", date=date, **told)
    if explained.baseline and any(_is_relative(each) for each in explained.segments):
        numbers = explained.baseline.baseline
        yield voice.text(
            "Compared with the store as of {date}: {buyers} buyers, {amount} on average",
            date=voice.date(explained.baseline.computed_at),
            buyers=numbers.buyers,
            amount=voice.money(numbers.average_spend),
        )


def _is_relative(each: SegmentExplained) -> bool:
    return any(MEASURES[condition.measure].relative for condition in each.segment.all_conditions)


def _more(voice: Language, each: SegmentExplained) -> Iterator[str]:
    for condition in each.why.keep:
        yield f"to stay, {'yes' if condition.holds else 'no'}: {condition.sentence} ({condition.found})"
    if each.waits:
        yield each.waits
    yield from _reasons(voice, each)
    if each.why.changes_at and not each.waits:
        moment = voice.moment(each.why.changes_at)
        if each.inside:
            yield voice.text("leaves on {moment} if nothing happens until then", moment=moment)
        else:
            yield voice.text("enters on {moment} if nothing happens until then", moment=moment)
    if each.why.advice and not each.waits:
        yield advice(voice, each.why.advice)
    saved = voice.date(each.saved_at)
    yield voice.text("rule: version {version}, saved on {date}", version=each.version, date=saved)


def _reasons(voice: Language, each: SegmentExplained) -> list[str]:
    if each.pin is None:
        return list(each.why.reasons)
    until = voice.moment(each.pin.until) if each.pin.until else ""
    if each.pin.into:
        said = voice.text("pinned into it until {moment}", moment=until) if until else voice.text("pinned into it")
    else:
        said = voice.text("pinned out of it until {moment}", moment=until) if until else voice.text("pinned out of it")
    return [f"{said}: {each.pin.note}" if each.pin.note else said]


def _segment(voice: Language, each: SegmentExplained) -> dict[str, Any]:
    why = each.why
    return {
        "name": each.segment.name,
        "tag": each.segment.tag,
        "inside": each.inside,
        "sentence": why.sentence,
        "conditions": [_condition(c) for c in why.conditions],
        "keep": [_condition(c) for c in why.keep],
        "reasons": [*([each.waits] if each.waits else []), *_reasons(voice, each)],
        "changes_at": None if each.waits else _iso(why.changes_at),
        "advice": advice(voice, why.advice) if why.advice and not each.waits else None,
        "advice_before": _iso(why.advice.before) if why.advice and not each.waits else None,
        "version": each.version,
        "saved_at": _iso(each.saved_at),
    }


def _condition(found: ConditionFound) -> dict[str, Any]:
    return {"asked": found.sentence, "holds": found.holds, "found": found.found}


def _baseline(explained: CustomerExplained) -> dict[str, Any] | None:
    stored = explained.baseline
    if stored is None:
        return None
    return {
        "computed_at": _iso(stored.computed_at),
        "buyers": stored.baseline.buyers,
        "average_spend": explained.voice.money(stored.baseline.average_spend),
    }


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
