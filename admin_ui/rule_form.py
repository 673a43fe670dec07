"""A segment's rule as sentences with fields in them: what stands where, what can be chosen, which value is filled in.

`segment_page` shows it, for saved conditions and for those that can be added; the page's script reads it back. Every
measure has its sentence in plugin.segments, so that a new one is a row there and a label here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plugin.language import Language
from plugin.segments import choices, phrases
from plugin.segments.measures import MEASURES, Measure
from plugin.segments.operators import IS, IS_NOT
from plugin.segments.units import MONEY
from plugin.segments.voice import message
from plugin.segments.windows import WRITTEN_LIFETIME

AMOUNT, WINDOW, CATEGORY, WORDS = "amount", "window", "category", "words"
DAYS, BEFORE = "days", "before"
# What the list of measures calls each.
LABELS = {
    "orders": message("Number of orders"),
    "units": message("Number of items"),
    "spend": message("Amount spent"),
    "average_order_value": message("Average order value"),
    "days_since_last_order": message("Days since the last order"),
    "days_since_first_order": message("Days since the first order"),
    "days_since_signup": message("Days since sign-up"),
    "usual_gap": message("Usual days between orders"),
    "overdue": message("Overdue against their own rhythm"),
    "spend_percentile": message("Spend compared with other buyers"),
    "spend_against_average": message("Spend compared with the average"),
    "recency_score": message("Score: how recently"),
    "frequency_score": message("Score: how often"),
    "monetary_score": message("Score: how much"),
    "rfm_group": message("Group by recency, frequency and spend"),
    "score": message("Score in all"),
    "country": message("Country"),
    "province": message("Province or state"),
    "consent": message("Marketing consent"),
    "promoter_score": message("Would recommend you"),
    "shopify_rfm": message("Group in Shopify"),
    "shopify_segment": message("Segment in Shopify"),
}
WITH_PRODUCTS = message("{measure}, of certain products")
KINDS = {
    "product_type": message("products of type"),
    "vendor": message("products by"),
    "product_tag": message("products tagged"),
    "collection": message("products of collection"),
    "product": message("product number"),
}
EXAMPLES = {"spend": "100.00", "average_order_value": "50.00", "overdue": "1.5", "spend_percentile": 80}

_SLOT = re.compile("\x00(\\w+)\x00")


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the sentence: words, or the fields of a slot."""

    text: str = ""
    slot: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition as it is shown. `options`: all there are to choose from; None where the shop's own data says so."""

    measure: str
    label: str
    pieces: tuple[Piece, ...]
    comparisons: tuple[Option, ...]
    comparison: str
    values: tuple[str, ...]
    unit: str
    under: str
    is_money: bool
    window_kind: str
    window_days: str
    window_before: str
    windows: tuple[Option, ...]
    category_kind: str
    category_value: str
    options: tuple[Option, ...] | None


@dataclass(frozen=True, slots=True)
class Addable:
    """A condition that can be added, filled with an example; `key` is what the list calls it."""

    key: str
    label: str
    condition: Condition


def conditions(definitions: list[Mapping[str, Any]], language: Language) -> list[Condition]:
    """Saved conditions, in their order."""
    return [_condition(each, language) for each in definitions]


def addable(language: Language) -> Iterator[Addable]:
    """One of each kind."""
    for measure in MEASURES.values():
        label = language.text(LABELS[measure.name])
        yield Addable(measure.name, label, _condition(_example(measure), language))
        if measure.of_categories:
            about = {**_example(measure), "category": {"product_type": ""}}
            of_products = language.text(WITH_PRODUCTS, measure=label)
            yield Addable(f"{measure.name}-category", of_products, _condition(about, language))


def kinds(language: Language) -> list[Option]:
    """What products can be chosen by."""
    return [Option(kind, language.text(said)) for kind, said in KINDS.items()]


def countries(language: Language) -> list[Option]:
    """All of them, by name."""
    return sorted((Option(code, language.country(code)) for code in choices.countries()), key=lambda each: each.text)


def _example(measure: Measure) -> dict[str, Any]:
    if measure.of_choices:
        options = choices.CHOICES[measure.name].options
        return {"measure": measure.name, "comparison": IS, "value": next(iter(options), "") if options else ""}
    value = EXAMPLES.get(measure.name, 30 if measure.unit.in_days else 3)
    window = {"window": 90} if measure.windowed else {}
    return {"measure": measure.name, **window, "comparison": "at_least", "value": value}


def _condition(definition: Mapping[str, Any], language: Language) -> Condition:
    measure, comparison = MEASURES[definition["measure"]], definition["comparison"]
    value = definition["value"]
    kind, days, before = _window(definition.get("window", WRITTEN_LIFETIME))
    category = definition.get("category") or {}
    return Condition(
        measure=measure.name,
        label=language.text(LABELS[measure.name]),
        pieces=tuple(_pieces(measure, bool(category), language)),
        comparisons=tuple(_comparisons(measure, language)),
        comparison=comparison,
        values=tuple(str(each) for each in (value if isinstance(value, list | tuple) else [value])),
        unit="" if measure.unit is MONEY else language.text(measure.unit.label or measure.unit.many),
        under=language.text("to less than") if measure.unit.fewer == "less" else language.text("to fewer than"),
        is_money=measure.unit is MONEY,
        window_kind=kind,
        window_days=days,
        window_before=before,
        windows=tuple(_windows(measure, language)),
        category_kind=next(iter(category), ""),
        category_value=str(next(iter(category.values()), "")),
        options=_options(measure, language),
    )


def _window(written: Any) -> tuple[str, str, str]:
    if isinstance(written, Mapping):
        return BEFORE, str(written["days"]), str(written["before"])
    return (WRITTEN_LIFETIME, "90", "") if written == WRITTEN_LIFETIME else (DAYS, str(written), "")


def _pieces(measure: Measure, with_category: bool, language: Language) -> Iterator[Piece]:
    if measure.of_choices:
        # What is said before the words is the comparison: "are", "are not".
        yield Piece(slot=WORDS)
        after = language.text(choices.CHOICES[measure.name].one_of, words="\x00words\x00").partition("\x00words\x00")[2]
        yield from [Piece(text=after.strip())] if after.strip() else []
        return
    said = phrases.in_form(measure.name, of_category=with_category)
    slots = {name: f"\x00{name}\x00" for name in (AMOUNT, WINDOW, CATEGORY)}
    for place, part in enumerate(_SLOT.split(language.text(said, **slots))):
        if place % 2:
            yield from [Piece(slot=part)] if part != WINDOW or measure.windowed else []
        elif part.strip():
            yield Piece(text=part.strip())


def _comparisons(measure: Measure, language: Language) -> Iterator[Option]:
    if measure.of_choices:
        choice = choices.CHOICES[measure.name]
        for name, said in ((IS, choice.one_of), (IS_NOT, choice.none_of)):
            yield Option(name, language.text(said, words="\x00").partition("\x00")[0].strip())
        return
    yield Option("at_least", language.text("at least"))
    less = measure.unit.fewer == "less"
    yield Option("below", language.text("less than") if less else language.text("fewer than"))
    yield Option("between", language.text("from"))


def _windows(measure: Measure, language: Language) -> Iterator[Option]:
    yield Option(DAYS, language.text("in the last"))
    yield Option(WRITTEN_LIFETIME, language.text("at any time"))
    if measure.of_orders:
        yield Option(BEFORE, language.text("before a date, in the"))


def _options(measure: Measure, language: Language) -> tuple[Option, ...] | None:
    if not measure.of_choices:
        return ()
    options = choices.CHOICES[measure.name].options
    return None if options is None else tuple(Option(word, language.text(said)) for word, said in options.items())
