"""Definitions that can each be read and still make no sense: conditions nobody can meet, ladders with steps nobody
reaches, tags and products that mean something else in the shop.

Errors cannot be saved, warnings can. Both are said in words at the place they are about. Pure.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from plugin.segments import intervals, rules
from plugin.segments.rules import Condition, InvalidDefinition, Problem, Segment
from plugin.segments.voice import Said, message

OVERLAPS = message("overlaps with {segment}: whoever fits both is in the step of the higher rank")
NO_PRODUCT = {
    "product_type": message("no product of the shop has the product type {value}"),
    "vendor": message("no product of the shop has the vendor {value}"),
    "product_tag": message("no product of the shop has the product tag {value}"),
    "collection": message("no product of the shop has the collection {value}"),
    "product": message("no product of the shop has the product {value}"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the shop. `store_tags`: tags its customers carry that are not ours; `categories`: the keys of
    those its products are in, None while nobody has asked.
    """

    store_tags: Collection[str] = ()
    categories: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Clashes:
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _Notes:
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def validate(definitions: object, minor_units: int) -> None:
    """Refuse what cannot be read and what makes no sense; InvalidDefinition names all of it."""
    rules.validate(definitions, minor_units)
    found = find(definitions, minor_units)
    if found.errors:
        raise InvalidDefinition(list(found.errors))


def find(definitions: Any, minor_units: int, known: Known | None = None) -> Clashes:
    """All there is to say about a shop's definitions that can be read; their paths begin with a position."""
    segments = [Segment.from_definition(definition, 0, minor_units) for definition in definitions]
    notes = _Notes()
    for i, segment in enumerate(segments):
        for part, conditions in (("conditions", segment.conditions), ("keep", segment.keep)):
            notes.errors += _contradictions(f"{i}.{part}", conditions)
        _judge_keep(notes, i, segment)
        notes.warnings += _unknown(i, segment, known or Known())
    _judge_ladders(notes, segments)
    return Clashes(tuple(notes.errors), tuple(notes.warnings))


def _contradictions(path: str, conditions: Sequence[Condition]) -> Iterator[Problem]:
    for (i, earlier), (j, later) in combinations(enumerate(conditions), 2):
        if intervals.exclude(earlier, later):
            said = Said("contradicts condition {number}: no customer can meet both", number=i + 1)
            yield Problem(f"{path}.{j}.value", said)


def _judge_keep(notes: _Notes, i: int, segment: Segment) -> None:
    stricter = False
    for j, staying in enumerate(segment.keep):
        for entering in segment.conditions:
            if staying.asked == entering.asked and intervals.narrower(staying, entering):
                stricter = True
                said = Said("must not ask for more than the condition to enter: it is for staying with less")
                notes.errors.append(Problem(f"{i}.keep.{j}.value", said))
    if segment.keep and not stricter and intervals.imply(segment.keep, segment.conditions):
        said = Said("asks for as much as the conditions to enter: nobody stays who would otherwise leave")
        notes.warnings.append(Problem(f"{i}.keep", said))


def _unknown(i: int, segment: Segment, known: Known) -> Iterator[Problem]:
    taken = {tag.casefold() for tag in known.store_tags}
    if segment.tag.casefold() in taken:
        said = Said("is on customers of the store already: of members it will count as ours, all others keep it")
        yield Problem(f"{i}.tag", said)
    for part, conditions in (("conditions", segment.conditions), ("keep", segment.keep)):
        for j, condition in enumerate(conditions):
            if condition.category and known.categories is not None and condition.category not in known.categories:
                kind, _, value = condition.category.partition(":")
                said = Said(NO_PRODUCT[kind], value=value)
                yield Problem(f"{i}.{part}.{j}.category", said)


def _judge_ladders(notes: _Notes, segments: Sequence[Segment]) -> None:
    ladders: dict[str, list[tuple[int, Segment]]] = {}
    spelt: dict[str, str] = {}
    for i, segment in enumerate(segments):
        if segment.ladder is None:
            continue
        name = segment.ladder.name
        ladders.setdefault(name, []).append((i, segment))
        if (first := spelt.setdefault(name.casefold(), name)) != name:
            said = Said("is another ladder than {ladder}, spelt otherwise", ladder=first)
            notes.warnings.append(Problem(f"{i}.ladder.name", said))
    for rungs in ladders.values():
        rungs.sort(key=lambda rung: _rank(rung[1]))
        for (_, lower), (i, higher) in combinations(rungs, 2):
            if _rank(lower) == _rank(higher):
                said = Said("is the rank of {segment} already: which of the two comes first?", segment=lower.name)
                notes.errors.append(Problem(f"{i}.ladder.rank", said))
            elif intervals.imply(lower.conditions, higher.conditions):
                said = Said(
                    "everybody who fits {segment} fits this higher step as well: thresholds must rise with the rank",
                    segment=lower.name,
                )
                notes.errors.append(Problem(f"{i}.conditions.0.value", said))
        notes.warnings += _holes_and_overlaps(rungs)


def _holes_and_overlaps(rungs: Sequence[tuple[int, Segment]]) -> Iterator[Problem]:
    """Between steps that ask for one and the same number."""
    if len({segment.conditions[0].asked for _, segment in rungs}) > 1:
        return
    if any(len(segment.conditions) > 1 or not intervals.of_numbers(segment.conditions[0]) for _, segment in rungs):
        return
    ends: list[tuple[int, int | None, str]] = []
    for i, segment in sorted(rungs, key=lambda rung: intervals.of(rung[1].conditions[0])[0]):
        low, high = intervals.of(segment.conditions[0])
        path = f"{i}.conditions.0.value"
        if ends and all(end is not None and end < low for _, end, _ in ends):
            nearest = max(ends, key=lambda each: each[1] or 0)
            said = Said("leaves a hole: {lower} ends before {higher} begins", lower=nearest[2], higher=segment.name)
            yield Problem(path, said)
        for begin, end, name in ends:
            if end is not None and begin < low < end and (high is None or high > end):
                said = Said(
                    "overlaps with {segment}: whoever fits both is in the step of the higher rank", segment=name
                )
                yield Problem(path, said)
        ends.append((low, high, segment.name))


def _rank(segment: Segment) -> int:
    return segment.ladder.rank if segment.ladder else 0
