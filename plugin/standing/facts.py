"""What is known of customers beside their orders, as the numbers that plugin.segments measures with. For the loader."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Select, case, func, null, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from plugin.db import arrays
from plugin.db.models import Customer
from plugin.segments import choices
from plugin.segments.columns import IntArray

Query = Select[*tuple[Any, ...]]
MICROSECONDS = 1_000_000


def _seconds(column: InstrumentedAttribute[Any]) -> ColumnElement[int]:
    return type_coerce(column, BigInteger) // MICROSECONDS


def _number(column: InstrumentedAttribute[Any]) -> ColumnElement[int]:
    return type_coerce(column, BigInteger)


def _listed(measure: str, column: InstrumentedAttribute[Any]) -> ColumnElement[int]:
    """Words there is a list of are numbered by the database: it hands out numbers much faster than texts."""
    choice = choices.CHOICES[measure]
    numbers = {word: choice.code(word) for word in choice.options or ()}
    unset = (column.is_(None), null() if choice.unset is None else numbers[choice.unset])
    # Anything else is a word that came up since.
    return case(unset, *((column == word, number) for word, number in numbers.items()), else_=choices.UNKNOWN)


# Every fact a measure can ask for; null where it is not known.
NUMBERS: Mapping[str, ColumnElement[int]] = {
    "signed_up_at": _seconds(Customer.signed_up_at),
    "promoter_score": _number(Customer.promoter_score),
    "promoter_at": _seconds(Customer.promoter_at),
    "lifetime_orders": _number(Customer.lifetime_orders),
    "lifetime_spend": _number(Customer.lifetime_spend),
    "mirrored": _number(Customer.mirrored),
    "consent": _listed("consent", Customer.consent),
    "shopify_rfm": _listed("shopify_rfm", Customer.shopify_rfm),
}
# Known of few: the database hands out a number and whose it is for them alone, and nothing for all others.
SPARSE = frozenset(("promoter_score", "promoter_at", "shopify_rfm"))
WORDS: Mapping[str, InstrumentedAttribute[Any]] = {
    "country": Customer.country,
    "province": Customer.province,
}


def select(
    session: Session, query: Query, names: frozenset[str], **values: Any
) -> tuple[list[IntArray], dict[str, IntArray]]:
    """The numbers a query selects of customers, whose ids come first, and their facts; by ascending id.

    Queries are kept compiled: give only constants.
    """
    dense, sparse = sorted(names & NUMBERS.keys() - SPARSE), sorted(names & SPARSE)
    numbers = arrays.integers(session, _with_numbers(query, names), sparse=len(sparse), **values)
    own = len(numbers) - len(dense) - 2 * len(sparse)
    behind = own + len(dense)
    ascending = np.argsort(numbers[0], kind="stable")
    sorted_numbers = [each[ascending] for each in numbers[:behind]]
    found = dict(zip(dense, sorted_numbers[own:], strict=True))
    for name, known, whose in zip(sparse, numbers[behind:], numbers[behind + len(sparse) :], strict=False):
        found[name] = np.full(len(ascending), choices.UNKNOWN, np.int64)
        found[name][np.searchsorted(sorted_numbers[0], whose)] = known
    if words := sorted(names & WORDS.keys()):
        ids, *texts = arrays.texts(session, _with_words(query, names), **values)
        ascending = np.argsort(np.array(ids, np.int64), kind="stable")
        for name, column in zip(words, texts, strict=True):
            codes = choices.codes(name, (word or None for word in column))
            found[name] = np.array(codes, np.int64)[ascending]
    return sorted_numbers[:own], found


@cache
def _with_numbers(query: Query, names: frozenset[str]) -> Query:
    dense = (
        func.coalesce(NUMBERS[name], choices.UNKNOWN).label(name) for name in sorted(names & NUMBERS.keys() - SPARSE)
    )
    return query.add_columns(*dense, *(NUMBERS[name].label(name) for name in sorted(names & SPARSE)))


@cache
def _with_words(query: Query, names: frozenset[str]) -> Query:
    asked = (func.coalesce(WORDS[name], "").label(name) for name in sorted(names & WORDS.keys()))
    return query.with_only_columns(Customer.customer_id, *asked)
