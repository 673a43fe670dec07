"""What the page "Data and permissions" shows of one shop: what it allowed, how far back we see, who asked for data.

`pages` renders it and `data_api` sends it to the page's scripts. Reads one shop, changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_ui import language
from plugin.db.models import Customer, DataRequest, Shop
from plugin.segments.voice import Said, message
from plugin.shop import privacy, shops
from plugin.shopify import scopes
from plugin.standing import segment_store


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing a shop can allow: in Shopify's name for it, and in words."""

    scope: str
    required: bool
    granted: bool
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class WaitingSegment:
    """A segment that cannot be judged with the orders we see, and until when."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Permissions:
    """What is allowed, and what follows from it for the history."""

    permissions: tuple[Permission, ...]
    missing: tuple[str, ...]
    history: str
    waiting: tuple[WaitingSegment, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A customer's data request whose answer can be downloaded. Ids are text: scripts know no such large numbers."""

    id: str
    customer: str
    requested_on: str
    expires_on: str
    file_name: str


# What each scope is for. The first is part of every answer; the others are asked for by a button.
WORDS = {
    "read_customers": (Said("Read customers"), Said("When they signed up, and which tags they carry already.")),
    "write_customers": (
        Said("Edit customers"),
        Said("Adds and removes the tags of your segments. Nothing else is written."),
    ),
    "read_orders": (
        Said("Read orders"),
        Said("When, how much and how often each customer bought, after refunds and edits."),
    ),
    scopes.READ_CUSTOMER_MERGE: (
        Said("Hear of merged customers"),
        Said("When you merge two customers, their orders count together for the one you keep."),
    ),
    scopes.READ_ALL_ORDERS: (
        Said("Read orders older than 60 days"),
        Said(
            "Segments that look further back, or at everything a customer ever bought, can be right from the first day."
        ),
    ),
    scopes.READ_PRODUCTS: (
        Said("Read products"),
        Said("Segments can ask what customers bought: products of a type, a vendor, a tag or a collection."),
    ),
}


def permissions(session: Session, shop: Shop, now: datetime) -> Permissions:
    """What the shop allowed and could allow, and how far back we see."""
    return Permissions(
        permissions=tuple(_permissions(scopes.granted(shop.scopes))),
        missing=tuple(sorted(scopes.missing(shop.scopes))),
        history=_history(shop),
        waiting=tuple(_waiting(session, shop, now)),
    )


def requests(session: Session, shop: Shop, now: datetime) -> list[Request]:
    """The data requests that are open, newest first."""
    return [_request(row, shop) for row in privacy.open_requests(session, shop.id, now)]


def file_name(row: DataRequest, shop: Shop) -> str:
    """What a downloaded answer is called."""
    return f"customer-{row.customer_id}-{row.requested_at.astimezone(shops.zone(shop)):%Y-%m-%d}.json"


def tagged_count(session: Session, shop_id: int) -> int:
    """How many customers carry a tag of ours."""
    tagged = (Customer.shop_id == shop_id, Customer.deleted_at.is_(None), Customer.applied_tags != 0)
    return session.scalar(select(func.count()).select_from(Customer).where(*tagged)) or 0


def _permissions(granted: frozenset[str]) -> Iterator[Permission]:
    for scope in (*scopes.REQUIRED, *scopes.OPTIONAL):
        name, reason = (said.by(language.current()) for said in WORDS[scope])
        yield Permission(scope, scope in scopes.REQUIRED, scope in granted, name, reason)


def _history(shop: Shop) -> str:
    if shop.history_from is None:
        return language.current().text("Regulars sees all your orders.")
    voice = language.of(shop)
    since = voice.date(shop.history_from)
    if scopes.READ_ALL_ORDERS in scopes.granted(shop.scopes):
        said = message("Your older orders are being read. Until that is done, Regulars knows orders since {date} only.")
        return voice.text(said, date=since)
    return voice.text("Shopify shows Regulars orders since {date} only.", date=since)


def _waiting(session: Session, shop: Shop, now: datetime) -> Iterator[WaitingSegment]:
    missing = segment_store.incomplete(session, shop.id, now)
    for segment in segment_store.active(session, shop.id):
        wait = missing.get(segment.bit)
        if wait is not None:
            yield WaitingSegment(segment.name, wait.words.by(language.current()))


def _request(row: DataRequest, shop: Shop) -> Request:
    return Request(
        id=str(row.id),
        customer=str(row.customer_id),
        requested_on=language.of(shop).date(row.requested_at),
        expires_on=language.of(shop).date(row.expires_at),
        file_name=file_name(row, shop),
    )
