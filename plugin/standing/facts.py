"""What is known of customers beside their orders, as the numbers that plugin.segments measures with. For the loader."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Select, case, func, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from plugin.db import arrays
from plugin.db.models import Customer
from plugin.segments import choices
from plugin.segments.columns import IntArray

Query = Select[*tuple[Any, ...]]
MICROSECONDS = 1_000_000


def _seconds(column: InstrumentedAttribute[Any]) -> ColumnElement[int]:
    return func.coalesce(type_coerce(column, BigInteger) // MICROSECONDS, choices.UNKNOWN)


def _number(column: InstrumentedAttribute[Any]) -> ColumnElement[int]:
    return func.coalesce(type_coerce(column, BigInteger), choices.UNKNOWN)


def _listed(measure: str, column: InstrumentedAttribute[Any]) -> ColumnElement[int]:
    """Words there is a list of are numbered by the database: it hands out numbers much faster than texts."""
    choice = choices.CHOICES[measure]
    numbers = {word: choice.code(word) for word in choice.options or ()}
    unset = choices.UNKNOWN if choice.unset is None else numbers[choice.unset]
    other = (column.is_not(None), choices.UNKNOWN)  # a word that came up since
    return case(*((column == word, number) for word, number in numbers.items()), other, else_=unset)


# Every fact a measure can ask for.
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
    numbers = arrays.integers(session, _with_numbers(query, names), **values)
    ascending = np.argsort(numbers[0], kind="stable")
    sorted_numbers = [each[ascending] for each in numbers]
    own = len(numbers) - len(names & NUMBERS.keys())
    found = dict(zip(sorted(names & NUMBERS.keys()), sorted_numbers[own:], strict=True))
    if words := sorted(names & WORDS.keys()):
        ids, *texts = arrays.texts(session, _with_words(query, names), **values)
        ascending = np.argsort(np.array(ids, np.int64), kind="stable")
        for name, column in zip(words, texts, strict=True):
            codes = choices.codes(name, (word or None for word in column))
            found[name] = np.array(codes, np.int64)[ascending]
    return sorted_numbers[:own], found


@cache
def _with_numbers(query: Query, names: frozenset[str]) -> Query:
    return query.add_columns(*(NUMBERS[name].label(name) for name in sorted(names & NUMBERS.keys())))


@cache
def _with_words(query: Query, names: frozenset[str]) -> Query:
    asked = (func.coalesce(WORDS[name], "").label(name) for name in sorted(names & WORDS.keys()))
    return query.with_only_columns(Customer.customer_id, *asked)
