"""Products as segments ask for them: by type, vendor, tag, collection or one by one. Which products are in a category,
what of them each customer bought (as columns for the engine), and which there are to choose from. Writes nothing.

A category's key is written "product_type:Coffee"; upper and lower case are one, as in Shopify's own collections.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from plugin.db import arrays
from plugin.db.models import Category, CategoryHistory, Product, Shop
from plugin.segments.columns import IntArray
from plugin.shopify import scopes

PRODUCT_TYPE, VENDOR, PRODUCT_TAG, COLLECTION, PRODUCT = KINDS = (
    "product_type", "vendor", "product_tag", "collection", "product",
)  # fmt: skip

LONGEST = 255

Packed = tuple[IntArray, IntArray, bytes]

_HISTORIES = select(CategoryHistory.customer_id, CategoryHistory.history).where(
    CategoryHistory.shop_id == bindparam("shop_id"), CategoryHistory.number == bindparam("number")
)
_OF_SOME = _HISTORIES.where(arrays.Among(CategoryHistory.customer_id, "customer_ids"))
_OF_NEXT = _HISTORIES.where(
    CategoryHistory.customer_id >= bindparam("first"), CategoryHistory.customer_id <= bindparam("last")
)


class Key(NamedTuple):
    """A category however it was written."""

    kind: str
    value: str

    @classmethod
    def of(cls, written: str) -> "Key":
        """The category of a key; ValueError if it is none."""
        kind, _, value = written.partition(":")
        value = _folded(value)
        if kind not in KINDS or not value:
            raise ValueError(f"{written!r} is no category")
        if kind in (COLLECTION, PRODUCT):
            value = value.rpartition("/")[2]
            if not value.isascii() or not value.isdecimal():
                raise ValueError(f"{written!r} has no number")
        return cls(kind, value)


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides in which categories a product is."""

    product_id: int
    product_type: str
    vendor: str
    tags: tuple[str, ...]
    collections: tuple[str, ...]

    @classmethod
    def of(cls, row: Product) -> "Facts":
        """The facts of a stored product; none are known of one that was not asked for yet."""
        return cls(row.product_id, row.product_type, row.vendor, tuple(row.tags), tuple(row.collections or ()))

    def in_categories(self) -> set[Key]:
        """Every category the product is in."""
        texts = [(PRODUCT_TYPE, self.product_type), (VENDOR, self.vendor)]
        texts += [(PRODUCT_TAG, tag) for tag in self.tags] + [(COLLECTION, number) for number in self.collections]
        texts.append((PRODUCT, str(self.product_id)))
        return {Key(kind, folded) for kind, text in texts if (folded := _folded(text))}


@dataclass(frozen=True, slots=True)
class Known:
    """What a shop's products can be chosen by, each in alphabetical order; collections by id with their title."""

    product_types: tuple[str, ...]
    vendors: tuple[str, ...]
    product_tags: tuple[str, ...]
    collections: dict[str, str]


def rows(session: Session, shop_id: int) -> dict[Key, Category]:
    """The categories that segments of the shop ask for."""
    found = session.scalars(select(Category).where(Category.shop_id == shop_id))
    return {Key(row.kind, row.value): row for row in found}


def begun(session: Session, shop_id: int) -> dict[Key, int]:
    """The numbers of categories whose histories are being made or are there: what changes has to change in them."""
    return {key: row.number for key, row in rows(session, shop_id).items() if row.packed_after is not None}


def columns(session: Session, shop_id: int, keys: Iterable[str], customer_ids: IntArray) -> dict[str, Packed]:
    """The packed histories of these customers in each category, as plugin.standing.loading has those of all orders.

    Customers who bought nothing of a category are not among its numbers. Of a category that is not there, nobody is.
    """
    return _columns(session, shop_id, keys, _OF_SOME, customer_ids=customer_ids.tolist())


def columns_between(session: Session, shop_id: int, keys: Iterable[str], first: int, last: int) -> dict[str, Packed]:
    """The same of all customers with numbers from `first` to `last`: quicker asked for where they are nearly all."""
    return _columns(session, shop_id, keys, _OF_NEXT, first=first, last=last)


def waiting(session: Session, shop: Shop, keys: Iterable[str]) -> dict[str, str]:
    """Why each of these categories cannot be judged by yet (one of WAITS); those that can are left out.

    With only a part of its histories there, a category would hold people it should not, or the other way round.
    """
    asked = list(keys)
    if not asked:
        return {}
    if scopes.READ_PRODUCTS not in scopes.granted(shop.scopes):
        return dict.fromkeys(asked, NO_SCOPE)
    if shop.lines_at is None:
        return dict.fromkeys(asked, READING_LINES)
    packed = {key for key, row in rows(session, shop.id).items() if row.packed_at is not None}
    return {key: LOOKING_UP for key in asked if Key.of(key) not in packed}


NO_SCOPE, READING_LINES, LOOKING_UP = WAITS = ("products_scope", "products_read", "products_looked_up")


def known(session: Session, shop_id: int) -> Known:
    """What the shop's bought products can be chosen by, as far as they were asked for; all empty before any was."""
    types, vendors, tags = dict[str, str](), dict[str, str](), dict[str, str]()
    collections: dict[str, str] = {}
    told = (Product.shop_id == shop_id, Product.fetched_at.is_not(None))
    facts = select(Product.product_type, Product.vendor, Product.tags, Product.collections).where(*told)
    for product_type, vendor, product_tags, titles in session.execute(facts):
        _note(types, (product_type,))
        _note(vendors, (vendor,))
        _note(tags, product_tags)
        collections |= titles or {}
    by_title = dict(sorted(collections.items(), key=lambda each: (each[1].casefold(), each[0])))
    return Known(_sorted(types), _sorted(vendors), _sorted(tags), by_title)


@dataclass(frozen=True, slots=True)
class KnownKeys(Collection[str]):
    """Keys of categories in which there is a bought product, however they are written."""

    keys: frozenset[Key]

    def __contains__(self, written: object) -> bool:
        return isinstance(written, str) and Key.of(written) in self.keys

    def __iter__(self) -> Iterator[str]:
        return (f"{kind}:{value}" for kind, value in sorted(self.keys))

    def __len__(self) -> int:
        return len(self.keys)


def known_keys(session: Session, shop: Shop) -> KnownKeys | None:
    """Every category of the shop's bought products; None while not all of those are known."""
    mine = (Product.shop_id == shop.id,)
    unknown = select(Product.product_id).where(*mine, Product.fetched_at.is_(None)).limit(1)
    if shop.lines_at is None or session.scalar(unknown) is not None:
        return None
    found = map(Facts.of, session.scalars(select(Product).where(*mine).execution_options(yield_per=5_000)))
    return KnownKeys(frozenset(key for facts in found for key in facts.in_categories()))


def products_in(session: Session, shop_id: int, numbers: dict[Key, int]) -> dict[int, IntArray]:
    """The products in each category, by its number."""
    found: dict[int, list[int]] = {number: [] for number in numbers.values()}
    for row in session.scalars(select(Product).where(Product.shop_id == shop_id).execution_options(yield_per=5_000)):
        for number in numbers_of(row, numbers):
            found[number].append(row.product_id)
    return {number: np.array(sorted(product_ids), np.int64) for number, product_ids in found.items()}


def numbers_of(row: Product, numbers: dict[Key, int]) -> set[int]:
    """Which of the categories a product is in."""
    return {numbers[key] for key in Facts.of(row).in_categories() & numbers.keys()}


def _folded(text: str) -> str:
    # Some letters become two: what is longer than the column is cut alike on both sides.
    return " ".join(text.split()).casefold()[:LONGEST]


def _columns(session: Session, shop_id: int, keys: Iterable[str], query: Any, **whose: Any) -> dict[str, Packed]:
    asked = list(keys)
    numbers = begun(session, shop_id) if asked else {}
    found = {}
    for key in asked:
        number = numbers.get(Key.of(key))
        nobody = (np.zeros(0, np.int64), np.zeros(0, np.int64), b"")
        known = number is not None
        found[key] = arrays.packed(session, query, shop_id=shop_id, number=number, **whose) if known else nobody
    return found


def _note(seen: dict[str, str], texts: Sequence[str]) -> None:
    for text in texts:
        if text.strip():
            shown = " ".join(text.split())
            seen.setdefault(shown.casefold(), shown)  # the first spelling stands for all


def _sorted(seen: dict[str, str]) -> tuple[str, ...]:
    return tuple(seen[folded] for folded in sorted(seen))
