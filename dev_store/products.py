"""What happens to products: they come, change and go, and are put into collections. `commerce` sells them.

`store` calls these with the shop's lock held, for the control API and a history's catalogue.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dev_store import customers, ids, payloads
from dev_store.customers import Announce, NotPossible
from dev_store.state import Collection, Product, Shop


@dataclass(frozen=True, slots=True)
class Described:
    """A product as a merchant or a file describes it; collections by their titles."""

    title: str
    product_type: str = ""
    vendor: str = ""
    tags: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()


def put(shop: Shop, number: int, described: Described, at: datetime, announce: Announce) -> Product:
    """Make a product, or describe one anew: products/update. What collections it is in no webhook tells."""
    known = shop.products.get(number)
    product = Product(
        id=number,
        title=described.title,
        product_type=described.product_type,
        vendor=described.vendor,
        tags=list(described.tags),
        collections={each.id: each for each in _collections(shop, described.collections)},
        updated_at=customers.whole_second(at),
    )
    shop.products[number] = product
    announce("products/update" if known else "products/create", lambda: payloads.product(shop, product))
    return product


def collect(shop: Shop, number: int, titles: Iterable[str]) -> Product:
    """Put a product into these collections and no others, as a rule of the shop would: no webhook tells."""
    product = find(shop, number)
    product.collections = {each.id: each for each in _collections(shop, titles)}
    return product


def delete(shop: Shop, number: int, announce: Announce) -> None:
    """Remove a product for good; orders keep its number in webhooks and show no product any more."""
    find(shop, number)
    del shop.products[number]
    announce("products/delete", lambda: {"id": number})


def find(shop: Shop, number: int) -> Product:
    """The product of this number; NotPossible if there is none."""
    if number not in shop.products:
        raise NotPossible(f"There is no product {number}")
    return shop.products[number]


def _collections(shop: Shop, titles: Iterable[str]) -> list[Collection]:
    found = [Collection(ids.of_collection(title), title) for title in titles]
    return [shop.collections.setdefault(each.id, each) for each in found]
