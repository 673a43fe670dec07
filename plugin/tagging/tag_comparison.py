"""Compares our tags in the store with what is recorded, customer by customer: a message may have been lost. A run like
others (plugin.runs), taken further by workers.work_on_runs; the list is made by plugin.history.listing.
"""

import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin import clock
from plugin.db import session as db
from plugin.db.models import Customer, ForeignChange, Run, TagChange
from plugin.history import listing
from plugin.history.listing import Batch, Place
from plugin.shop import shops
from plugin.shopify import ids
from plugin.standing import segment_store, shopify_groups
from plugin.tagging import tag_drift
from plugin.turns import Turn

log = structlog.get_logger()

CUSTOMERS = listing.Kind("customers", "bulk_customer_tags", "customer_tags", 250, 252)
STAGE = "comparing"
KEYS_A_QUERY = 5_000
# Shopify's lists may be made from a copy that is a little behind.
NOT_SHOWN_YET = timedelta(minutes=10)
# What a run found, by name: customers looked at; tags that were gone and are put back, or stay away; tags of others.
COMPARED, PUT_BACK, LEFT_OFF, THEIRS = "compared", "put_back", "left_off", "theirs"


def advance(run: Run, turn: Turn, until: float) -> bool:
    """Take a comparison further for as long as time.monotonic() is below `until`; True at its end.

    Raises the ShopifyError tree, and listing.BeingPrepared when there is nothing to do but to wait.
    """
    turn.renew()
    if "groups" not in run.position:
        _note_groups(run)

    def keep(place: Place) -> None:
        begins = "cursor" not in place and not place.get("offset")
        with db.write() as session:
            _move(session, run, {"place": place} | ({"found": {}} if begins else {}))

    client = shops.admin_client(run.shop_id)
    for batch in listing.batches(client, _kind(run), "", run.position.get("place", {}), keep):
        turn.renew()
        _compare(run, batch)
        if time.monotonic() >= until:
            return False
    shops.note_answered(run.shop_id)
    with db.write() as session:
        tag_drift.forget_old(session, run.shop_id)
        if run.position["groups"]:
            shopify_groups.all_read(session, run.shop_id, clock.now())
        elif shopify_groups.are_asked_for(session, run.shop_id):
            # Since this one began: another reads them.
            _move(session, run, {"place": {}, "groups": True, "found": {}})
            return False
    log.info("tags_compared", shop_id=run.shop_id, **found(run))
    return True


def found(run: Run) -> dict[str, int]:
    """What a comparison has found so far."""
    return {name: int(run.position.get("found", {}).get(name, 0)) for name in (COMPARED, PUT_BACK, LEFT_OFF, THEIRS)}


def _kind(run: Run) -> listing.Kind:
    """Shopify's own groups are read along with the tags where a segment asks for them."""
    if not run.position["groups"]:
        return CUSTOMERS
    cost = CUSTOMERS.cost + CUSTOMERS.page * shopify_groups.POINTS_A_CUSTOMER
    return replace(CUSTOMERS, cost=cost, fills=shopify_groups.FILLS)


def _note_groups(run: Run) -> None:
    with db.write() as session:
        _move(session, run, {"groups": shopify_groups.are_asked_for(session, run.shop_id)})


def _compare(run: Run, batch: Batch) -> None:
    """Look without holding anybody up; then heed what differs, in one transaction with the place behind it."""
    nodes = {ids.number("Customer", node["id"]): node for node, _ in batch.objects}
    with db.read() as session:
        bits_by_tag = segment_store.bits_by_tag(session, run.shop_id)
        shown = {number: tag_drift.bits_of(node["tags"], bits_by_tag) for number, node in nodes.items()}
        known = tag_drift.standings(session, run.shop_id, shown)
    suspects = {number: shown[number] for number, row in known.items() if _differs(row, shown[number])}
    counts = Counter({COMPARED: len(known)})
    with db.write() as session:
        shops.hold(session, run.shop_id)
        for customer in _unmoved(session, run.shop_id, suspects, batch.seen_at):
            counts.update(_heed(session, customer, suspects[customer.customer_id], batch.seen_at))
        if run.position["groups"]:
            groups = {number: shopify_groups.of_node(node) for number, node in nodes.items()}
            shopify_groups.take_in(session, run.shop_id, groups, clock.now())
        total = Counter(found(run)) + counts
        _move(session, run, {"place": batch.place, "found": dict(total)})
        row = session.get_one(Run, (run.shop_id, run.id))
        row.stage, row.done_count, row.total_count = STAGE, total[COMPARED], batch.total


def _differs(row: Any, shown: int) -> int:
    """The tags that are otherwise in the store than recorded; what is yet to be written is as it should be."""
    ours, moving = row.applied_tags | row.foreign_tags, row.unsure_tags | row.bulk_tags
    to_come = row.wanted_tags & ~row.declined_tags
    return int(((ours & ~shown) | (shown & ~ours & ~to_come)) & ~moving)


def _unmoved(session: Session, shop_id: int, suspects: dict[int, int], since: datetime) -> list[Customer]:
    """Those of the customers whose tags nobody has changed since the list was begun: of others it is old news."""
    numbers = sorted(suspects)
    unmoved: list[Customer] = []
    for start in range(0, len(numbers), KEYS_A_QUERY):
        some = numbers[start : start + KEYS_A_QUERY]
        moved: set[int] = set()
        for table in (TagChange, ForeignChange):
            late = (table.shop_id == shop_id, table.at >= since - NOT_SHOWN_YET, table.customer_id.in_(some))
            moved |= set(session.scalars(select(table.customer_id).where(*late)))
        mine = (Customer.shop_id == shop_id, Customer.customer_id.in_(set(some) - moved))
        unmoved += session.scalars(select(Customer).where(*mine))
    return unmoved


def _heed(session: Session, customer: Customer, shown: int, at: datetime) -> Counter[str]:
    differs = _differs(customer, shown)
    gone = tag_drift.taken_off(session, customer, differs & ~shown, at) if differs & ~shown else 0
    came = tag_drift.put_on(session, customer, differs & shown, at) if differs & shown else 0
    missed = gone & customer.wanted_tags
    left_off = missed & customer.declined_tags
    counts = {PUT_BACK: missed & ~left_off, LEFT_OFF: left_off, THEIRS: came}
    return Counter({name: bits.bit_count() for name, bits in counts.items()})


def _move(session: Session, run: Run, changes: dict[str, Any]) -> None:
    run.position = {**run.position, **changes}
    session.get_one(Run, (run.shop_id, run.id)).position = run.position
