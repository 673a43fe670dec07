"""Hypothesis strategies for shops of people about whom everything is known that can be, and rules that ask for it; and
the same people as the engine takes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import strategies as st

from plugin.segments import choices, needs
from plugin.segments.columns import Columns, Record, pack, seconds
from plugin.segments.customers import QUINTILES, TABLE, Customers, Store
from plugin.segments.gathering import Gathering
from plugin.segments.rules import Segment
from tests.support.generated_orders import CENTS, DAYS, NOON, instants, second_offsets
from tests.support.oracle import Line, RawOrder
from tests.support.people import Person, Shop

FEWEST_BUYERS = 3
ZONES = ("UTC", "America/New_York", "America/Havana", "Asia/Beirut", "Pacific/Kiritimati")
# Around the day of the stores, around nights in which clocks change, and far away.
DATES = ("02-28", "02-29", "03-01", "03-10", "03-31", "12-24")
CATEGORIES = ("product_type:Coffee", "vendor:Acme")
WORDS = {
    "country": ("CA", "DE", "US"),
    "province": ("CA-ON", "US-NY"),
    "consent": ("subscribed", "unsubscribed"),
    "shopify_rfm": ("champions", "loyal"),
    "rfm_group": ("best", "lost", "new", "at_risk", "asleep"),
    "shopify_segment": ("7", "8"),
}
VALUES: Mapping[str, Any] = {
    "orders": st.integers(0, 5),
    "units": st.integers(0, 8),
    "spend": st.sampled_from((0, "0.01", 9.99, "10", 10.01, "20.00", 500)),
    "average_order_value": st.sampled_from((0, "0.01", "5", "9.99", "10", "10.01", 500)),
    "usual_gap": st.sampled_from((0, 1, 7, 30)),
    "overdue": st.sampled_from((0, "0.01", "0.5", 1, "1.5", 3, "29.99", 100)),
    "spend_percentile": st.sampled_from((0, 1, 33, 50, 66, 95, 99, 100)),
    "spend_against_average": st.sampled_from((0, "0.5", 1, "1.01", 2)),
    "recency_score": st.integers(0, 6),
    "frequency_score": st.integers(0, 6),
    "monetary_score": st.integers(0, 6),
    "score": st.integers(0, 11),
    "promoter_score": st.integers(0, 11),
}
NAMES = ("S0", "S1", "S2")
FACTS = ("country", "province", "consent", "shopify_rfm")
NUMBERS = (*VALUES, "days_since_last_order", "days_since_first_order", "days_since_signup")
OF_CATEGORIES = ("orders", "units", "spend", "average_order_value", "days_since_last_order", "days_since_first_order")
WINDOWED = ("orders", "units", "spend", "average_order_value", "promoter_score")


@dataclass(frozen=True)
class MadePeople:
    as_of: datetime
    people: tuple[Person, ...]
    shop: Shop


def orders_of(draw: st.DrawFn, most: int) -> tuple[tuple[RawOrder, ...], dict[str, tuple[RawOrder, ...]]]:
    """Orders, and the same with the lines of each category alone."""
    orders = []
    bought: dict[str, list[RawOrder]] = {key: [] for key in CATEGORIES}
    for number in range(1, draw(st.integers(0, most)) + 1):
        cents, units = draw(st.sampled_from(CENTS)), draw(st.integers(0, 3))
        at = NOON + timedelta(seconds=draw(second_offsets()))
        orders.append(RawOrder(number, 1, at, Decimal(cents).scaleb(-2), lines=(Line(units),)))
        for key in CATEGORIES:
            if draw(st.booleans()):
                share = RawOrder(number, 1, at, Decimal(cents // 2).scaleb(-2), lines=(Line(min(units, 1)),))
                bought[key].append(share)
    return tuple(orders), {key: tuple(each) for key, each in bought.items()}


@st.composite
def persons(draw: st.DrawFn, number: int, names: tuple[str, ...], most_orders: int) -> Person:
    orders, bought = orders_of(draw, most_orders)
    inside, pinned = (
        draw(st.sets(st.sampled_from(names))),
        draw(st.one_of(st.just(set()), st.sets(st.sampled_from(names)))),
    )
    into = {name for name in pinned if draw(st.booleans())}
    ends = st.sampled_from((-86_400, -1, 0, 1, 3_600, 40 * 86_400)).map(_beside_noon)
    told = {name: draw(st.sampled_from(each)) for name, each in WORDS.items() if name in FACTS and draw(st.booleans())}
    answered_at, signed_up_at = (draw(st.one_of(st.none(), second_offsets().map(_beside_noon))) for _ in range(2))
    return Person(
        number=number,
        orders=orders,
        bought=bought,
        words=told,
        shopify_segments=frozenset(draw(st.sets(st.sampled_from(WORDS["shopify_segment"])))),
        signed_up_at=signed_up_at,
        answer=None if answered_at is None else draw(st.integers(0, 10)),
        answered_at=answered_at,
        lifetime_orders=draw(st.one_of(st.none(), st.integers(0, 6))),
        lifetime_spend=draw(st.one_of(st.none(), st.sampled_from((Decimal(0), Decimal("10.00"), Decimal("600.00"))))),
        inside=frozenset(inside),
        stays={name: draw(ends) for name in sorted(inside) if draw(st.booleans())},
        pinned_in=frozenset(into),
        pinned_out=frozenset(pinned - into),
        pins_until=NOON + timedelta(seconds=draw(st.sampled_from((1, 3_600, 86_400)))) if pinned else None,
    )


@st.composite
def made_people(draw: st.DrawFn, names: tuple[str, ...] = NAMES, most: int = 6, most_orders: int = 5) -> MadePeople:
    everybody = tuple(
        draw(persons(number, names, most_orders)) for number in range(101, 102 + draw(st.integers(0, most - 1)))
    )
    shop = Shop(
        zone=ZoneInfo(draw(st.sampled_from(ZONES))),
        everybody=everybody,
        counted_at=NOON - timedelta(seconds=draw(st.sampled_from((0, 3_600, 86_400, 10 * 86_400)))),
        fewest_buyers=FEWEST_BUYERS,
        by_table=draw(st.booleans()),
        history_from=draw(st.sampled_from((None, None, NOON - timedelta(days=7)))),
    )
    return MadePeople(draw(instants()), everybody, shop)


@st.composite
def conditions(draw: st.DrawFn, measures: tuple[str, ...] = (*NUMBERS, *WORDS)) -> dict[str, Any]:
    measure = draw(st.sampled_from(measures))
    condition: dict[str, Any] = {"measure": measure}
    if measure in WINDOWED and (days := draw(st.sampled_from((None, "lifetime", *DAYS, *DAYS)))):
        dated = isinstance(days, int) and measure != "promoter_score" and draw(st.booleans())
        condition["window"] = {"days": days, "before": draw(st.sampled_from(DATES))} if dated else days
    if measure in OF_CATEGORIES and draw(st.integers(0, 3)) == 0:
        kind, _, value = draw(st.sampled_from(CATEGORIES)).partition(":")
        condition["category"] = {kind: value}
    if measure in WORDS:
        words = draw(st.lists(st.sampled_from(WORDS[measure]), min_size=1, max_size=2, unique=True))
        return condition | {"comparison": draw(st.sampled_from(("is", "is_not"))), "value": words}
    values = VALUES.get(measure, st.sampled_from((0, *DAYS)))
    condition["comparison"] = draw(st.sampled_from(("at_least", "below", "between")))
    if condition["comparison"] != "between":
        return condition | {"value": draw(values)}
    pair = st.tuples(values, values).filter(lambda two: Decimal(str(two[0])) < Decimal(str(two[1])))
    return condition | {"value": list(draw(pair))}


@st.composite
def definition_lists(draw: st.DrawFn, names: tuple[str, ...] = NAMES) -> list[dict[str, Any]]:
    """One definition a name; some have a lower bar, some a minimum stay, some are rungs of one of two ladders."""
    found = []
    for rank, name in enumerate(names, start=1):
        definition: dict[str, Any] = {"name": name, "tag": name.lower()}
        definition["conditions"] = draw(st.lists(conditions(), min_size=1, max_size=2))
        if draw(st.booleans()):
            definition["keep"] = draw(st.lists(conditions(), min_size=1, max_size=2))
        if ladder := draw(st.sampled_from((None, "A", "A", "B"))):
            definition["ladder"] = {"name": ladder, "rank": rank}
        if draw(st.booleans()):
            definition["minimum_stay"] = draw(st.sampled_from(DAYS))
        found.append(definition)
    return found


def segments(definitions: list[dict[str, Any]]) -> list[Segment]:
    return [Segment.from_definition(each, bit, 2) for bit, each in enumerate(definitions)]


def store(made: MadePeople) -> Store:
    """As the engine takes it, its baseline gathered by the engine's own code."""
    gathering = Gathering()
    gathering.add(_columns([each.orders for each in made.people]), made.shop.counted_at or made.as_of)
    return Store(
        baseline=gathering.baseline(),
        zone=made.shop.zone,
        rfm_scale=TABLE if made.shop.by_table else QUINTILES,
        history_from=None if made.shop.history_from is None else seconds(made.shop.history_from),
        mirrors={word: bit for bit, word in enumerate(WORDS["shopify_segment"], start=3)},
    )


def customers(made: MadePeople, definitions: list[dict[str, Any]]) -> Customers:
    """As the engine takes them: of facts no more than what the rules need."""
    everybody, mine = made.people, segments(definitions)
    asked = needs.of(mine, hidden=made.shop.history_from is not None)
    bits = {segment.name: 1 << segment.bit for segment in mine}
    return Customers.of(
        _columns([each.orders for each in everybody]),
        categories={key: _columns([each.bought[key] for each in everybody]) for key in asked.categories},
        facts={name: np.array([_fact(name, each) for each in everybody], np.int64) for name in asked.facts},
        members=_bits([each.inside for each in everybody], bits),
        stays={
            segment.bit: _instants([each.stays.get(segment.name) for each in everybody])
            for segment in mine
            if segment.bit in asked.stays
        },
        pinned_in=_bits([each.pinned_in for each in everybody], bits),
        pinned_out=_bits([each.pinned_out for each in everybody], bits),
        pins_until=_instants([each.pins_until for each in everybody]),
    )


def names_of(memberships: int, definitions: list[dict[str, Any]]) -> set[str]:
    return {each["name"] for bit, each in enumerate(definitions) if memberships >> bit & 1}


def _columns(everybody: list[tuple[RawOrder, ...]]) -> Columns:
    histories = [pack(_record(order) for order in orders) or None for orders in everybody]
    return Columns.from_histories(range(101, 101 + len(everybody)), histories)


def _record(order: RawOrder) -> Record:
    units = sum(line.quantity for line in order.lines)
    return Record(order.order_id, int(order.total * 100), seconds(order.processed_at), units)


def _fact(name: str, person: Person) -> int:
    if name in FACTS:
        (code,) = choices.codes(name, [person.words.get(name)])
        return code
    number = {
        "signed_up_at": person.signed_up_at and seconds(person.signed_up_at),
        "promoter_score": person.answer,
        "promoter_at": person.answered_at and seconds(person.answered_at),
        "lifetime_orders": person.lifetime_orders,
        "lifetime_spend": None if person.lifetime_spend is None else int(person.lifetime_spend * 100),
        "mirrored": sum(1 << (3 + WORDS["shopify_segment"].index(word)) for word in person.shopify_segments),
    }[name]
    return choices.UNKNOWN if number is None else number


def _bits(names: list[frozenset[str]], bits: Mapping[str, int]) -> Any:
    return np.array([sum(bits.get(name, 0) for name in each) for each in names], np.int64)


def _instants(found: list[datetime | None]) -> Any:
    return np.array([0 if each is None else seconds(each) for each in found], np.int64)


def _beside_noon(offset: int) -> datetime:
    return NOON + timedelta(seconds=offset)
