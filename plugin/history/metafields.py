"""Reads the answers to the promoter question from the customer metafield a shop keeps them in: all of them once a week
and when the metafield is chosen, every night those of customers who changed. A run like others (plugin.runs).

A list of its own, because Shopify's messages about customers have no metafields, and whether writing one changes a
customer's `updated_at` is not known: what the nights miss, the week finds.
"""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy.orm import Session

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import Run, Shop
from plugin.db.types import from_microseconds, to_microseconds
from plugin.history import answers, listing
from plugin.history.listing import Batch, Kind, Place
from plugin.schemas import admin_objects, scores
from plugin.schemas.facts import PromoterAnswer
from plugin.shop import shop_settings, shops
from plugin.shop.shop_settings import ShopSettings
from plugin.shopify import ids
from plugin.standing import promoters
from plugin.turns import Turn

log = structlog.get_logger()

CUSTOMERS = Kind("customers", "bulk_customer_answers", "customer_answers_page", 250, 502)
# Shopify's lists may be made from a copy that is a little behind, and a new customer's own message may be late.
OVERLAP = timedelta(hours=6)
# So many customers cost less page by page than a bulk operation takes to get going.
FEW = 1_000
# What Shopify allows: letters, digits, hyphens and underscores; an app's own namespaces begin with $app.
NAMESPACE = re.compile(r"(\$app(:[A-Za-z0-9_-]+)*|[A-Za-z0-9_-]+)", re.ASCII)
KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
LONGEST_NAMESPACE, LONGEST_KEY = 255, 64

Field = tuple[str, str]


class NoField(ValueError):
    """Not the name of a metafield: `part` says which half of it, the message in words what is."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part


def choose(session: Session, shop_id: int, field: Field | None) -> bool:
    """Read answers from this metafield (namespace, key) from now on, or from none; False if it was so already.

    What was answered before stays. The caller wakes the run that reads everything.
    """
    if field is not None:
        _check(field)
    if not shop_settings.change(session, shop_id, promoter_field=field):
        return False
    shops.get(session, shop_id).answers_read_at = None
    start(session, shop_id)
    return True


def start(session: Session, shop_id: int, *, everything: bool = False) -> bool:
    """Ask for the metafield to be read, of everybody or of who changed; False where the shop has chosen none."""
    shop = shops.get(session, shop_id)
    if ShopSettings.of(shop.settings).promoter_field is None:
        return False
    if everything:
        shop.answers_read_at = None
    runs.start(session, shop_id, runs.ANSWERS, clock.now())
    return True


def advance(run: Run, turn: Turn, until: float) -> bool:
    """Take the reading further for as long as time.monotonic() is below `until`; True when all is read.

    Raises the ShopifyError tree, and listing.BeingPrepared when there is nothing to do but to wait.
    """
    with db.read() as session:
        shop = shops.get(session, run.shop_id)
    field = ShopSettings.of(shop.settings).promoter_field
    if field is None or shop.imported_at is None:
        return True  # nobody is known before the import; the next night reads it all
    if run.position.get("field") != list(field):  # it has only begun, or another metafield was chosen meanwhile
        _save(run, _beginning(shop, field))
    since = run.position["since"]
    search = f"updated_at:>='{from_microseconds(since):%Y-%m-%dT%H:%M:%SZ}'" if since else ""
    kind = kind_of(field)
    client = shops.admin_client(run.shop_id)
    if run.position["place"] is None:
        count = listing.count(client, kind, search)
        _save(run, {"place": listing.by_pages(count) if count <= FEW else {}})
    shops.note_answered(run.shop_id)
    for batch in listing.batches(client, kind, search, run.position["place"], partial(_keep, run)):
        turn.renew()
        _take_in(run, batch)
        if time.monotonic() >= until:
            return False
    _finish(run)
    return True


def kind_of(field: Field) -> Kind:
    """What is listed: all customers, each with this metafield."""
    namespace, key = field
    return replace(CUSTOMERS, fills=(('"NAMESPACE"', json.dumps(namespace)), ('"KEY"', json.dumps(key))))


def _check(field: Field) -> None:
    namespace, key = field
    if len(namespace) > LONGEST_NAMESPACE or not NAMESPACE.fullmatch(namespace):
        raise NoField("namespace", "A namespace has letters, digits, hyphens and underscores, such as custom.")
    if len(key) > LONGEST_KEY or not KEY.fullmatch(key):
        raise NoField("key", "A key has letters, digits, hyphens and underscores, such as nps_score.")


def _beginning(shop: Shop, field: Field) -> Place:
    since = shop.answers_read_at
    return {
        "field": list(field),
        "since": to_microseconds(since - OVERLAP) if since else None,
        "began": to_microseconds(clock.now()),
        "place": None,
        "read": 0,
        "recorded": 0,
        "refused": 0,
    }


def _take_in(run: Run, batch: Batch) -> None:
    customers, given, refused = 0, [], 0
    for node, _ in batch.objects:
        customers += 1
        if node["metafield"]:
            try:
                given.append(_answer(node))
            except scores.NoScore:
                refused += 1
    outcomes = promoters.take_in(run.shop_id, given)
    _count(run, batch, customers, outcomes, refused)


def _answer(node: dict[str, dict[str, str]]) -> PromoterAnswer:
    field = node["metafield"]
    at = admin_objects.instant(field["updatedAt"])
    return PromoterAnswer(ids.number("Customer", str(node["id"])), scores.of_metafield(field["value"]), at)


def _count(run: Run, batch: Batch, customers: int, outcomes: Sequence[str], refused: int) -> None:
    place = run.position
    counts = {
        "read": place["read"] + customers,
        "recorded": place["recorded"] + sum(each == answers.RECORDED for each in outcomes),
        "refused": place["refused"] + refused,
    }
    _save(run, {"place": batch.place, **counts}, batch.total)


def _finish(run: Run) -> None:
    counts = {name: run.position[name] for name in ("read", "recorded", "refused")}
    with db.write() as session:
        shops.hold(session, run.shop_id)
        shop = shops.get(session, run.shop_id)
        # Somebody may have asked for everything meanwhile, or for another metafield.
        as_it_began = (shop.answers_read_at is None) == (run.position["since"] is None)
        if as_it_began and ShopSettings.of(shop.settings).promoter_field == tuple(run.position["field"]):
            shop.answers_read_at = from_microseconds(run.position["began"])
    log.info("metafields_read", shop_id=run.shop_id, **counts)


def _keep(run: Run, place: Place) -> None:
    _save(run, {"place": place})


def _save(run: Run, moved: Place, total: int | None = None) -> None:
    with db.write() as session:
        row = session.get_one(Run, (run.shop_id, run.id))
        row.position = run.position = {**run.position, **moved}
        row.done_count, row.total_count = run.position["read"], total or row.total_count
