"""JSON about who is in a segment, page by page, as a file, and who came and went. Reads; changes nothing.

Names are protected: they are asked for anew each time where the app may show them, and kept nowhere.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import structlog
from flask import Blueprint, Response, abort, jsonify, request
from sqlalchemy.orm import Session

from admin_ui import api, auth, language, openapi, overview, segment_api
from plugin import clock, config, money
from plugin.db import session as db
from plugin.db.models import Segment, Shop
from plugin.schemas import admin_segment
from plugin.shop import shops
from plugin.shopify import customer_names, errors
from plugin.standing import flows, members, segment_edits, segment_store
from plugin.standing.members import Member, Place

log = structlog.get_logger()

# Somebody waits in front of a page.
PATIENCE_SECONDS = 2
ROWS_AT_ONCE = 5_000
FLOW_DAYS = timedelta(days=30)
COLUMNS = ("customer", "orders", "spend", "last order")
QUERY = {
    "sort": "number, last_order, orders or spend",
    "order": "up or down",
    "after": "What the page before said",
}

blueprint = Blueprint("admin_segment_members_api", __name__, url_prefix="/app/api")


@blueprint.get(f"{segment_api.ONE}/members")
@openapi.describes(admin_segment.Members, query=QUERY, also={404: segment_api.NOT_THERE})
@auth.fetched
def list_members(bit: int) -> Any:
    """Fifty customers of a segment, in the order asked for."""
    asked = admin_segment.MembersAsked().load(request.args.to_dict())
    value, _, customer_id = asked["after"].partition("-")
    behind = Place(int(value), int(customer_id)) if customer_id else None
    with db.read() as session:
        shop = api.asking_shop(session)
        _segment(session, shop.id, bit)
        found = members.page(session, shop.id, bit, asked["sort"], falling=asked["order"] == "down", behind=behind)
    names = _names(shop.id, [each.customer_id for each in found.members])
    following = found.following
    answer = {
        "members": [_line(each, shop, names) for each in found.members],
        "after": f"{following.value}-{following.customer_id}" if following else None,
    }
    return jsonify(admin_segment.Members().dump(answer))


@blueprint.get(f"{segment_api.ONE}/members.csv")
@openapi.describes(None, mimetype="text/csv", also={404: segment_api.NOT_THERE})
@auth.fetched
def download_members(bit: int) -> Response:
    """All customers of a segment as a table; a large one is sent while it is read."""
    with db.read() as session:
        shop = api.asking_shop(session)
        tag = _segment(session, shop.id, bit).tag
    name = re.sub(r"[^a-z0-9]+", "-", tag.casefold()).strip("-") or "segment"
    headers = {"Content-Disposition": f'attachment; filename="{name}-{clock.now():%Y-%m-%d}.csv"'}
    return Response(_rows(shop, bit), mimetype="text/csv", headers=headers)


@blueprint.get(f"{segment_api.ONE}/flows")
@openapi.describes(admin_segment.Flows, also={404: segment_api.NOT_THERE})
@auth.fetched
def show_flows(bit: int) -> Any:
    """Who entered and left in the last 30 days, where they came from and went to."""
    with db.read() as session:
        shop = api.asking_shop(session)
        _segment(session, shop.id, bit)
        found = flows.of(session, shop.id, bit, clock.now() - FLOW_DAYS)
        named = {segment.bit: segment.name for segment in segment_store.active(session, shop.id)}
    answer = {
        "since": found.since,
        "entered": found.entered,
        "left": found.left,
        "came_from": _flows(found.came_from, named),
        "went_to": _flows(found.went_to, named),
        "moved_in": found.moved_in,
        "moved_out": found.moved_out,
    }
    return jsonify(admin_segment.Flows().dump(answer))


def _segment(session: Session, shop_id: int, bit: int) -> Segment:
    try:
        return segment_edits.get(session, shop_id, bit)
    except segment_edits.UnknownSegment:
        abort(404, language.current().text(segment_api.NOT_THERE))


def _flows(found: dict[int | None, int], named: dict[int, str]) -> list[dict[str, Any]]:
    """The largest first, those from nowhere or to nowhere last."""
    lines = [
        {"bit": bit, "name": named.get(bit, "") if bit is not None else "", "customers": n} for bit, n in found.items()
    ]
    return sorted(lines, key=lambda line: (line["bit"] is None, -int(line["customers"])))


def _line(member: Member, shop: Shop, names: dict[int, str]) -> dict[str, Any]:
    return {
        "customer": str(member.customer_id),
        "name": names.get(member.customer_id),
        "orders": member.orders,
        "spend": _amount(member.spend, shop),
        "last_order_at": member.last_order_at,
    }


def _amount(minor: int, shop: Shop) -> str:
    return format(Decimal(minor).scaleb(-money.minor_units(overview.currency(shop))), "f")


def _names(shop_id: int, customer_ids: list[int]) -> dict[int, str]:
    """Nobody's, where the app is not approved for names or Shopify does not answer: the page shows numbers then."""
    if not config.current().customer_names or not customer_ids:
        return {}
    try:
        return customer_names.fetch(shops.admin_client(shop_id, PATIENCE_SECONDS), customer_ids)
    except errors.ShopifyError as error:
        log.info("names_unknown", shop_id=shop_id, reason=type(error).__name__)
        return {}


def _rows(shop: Shop, bit: int) -> Iterator[str]:
    """Numbers and dates alone: nothing that a spreadsheet could take for a formula."""
    lines, after = io.StringIO(), 0
    writer = csv.writer(lines)
    writer.writerow(COLUMNS)
    while True:
        with db.read() as session:
            some = members.everybody(session, shop.id, bit, after, ROWS_AT_ONCE)
        for each in some:
            at = each.last_order_at.astimezone(shops.zone(shop)).date().isoformat() if each.last_order_at else ""
            writer.writerow((each.customer_id, each.orders, _amount(each.spend, shop), at))
        yield lines.getvalue()
        lines.seek(0)
        lines.truncate()
        if len(some) < ROWS_AT_ONCE:
            return
        after = some[-1].customer_id
