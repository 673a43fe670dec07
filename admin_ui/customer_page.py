"""One customer on a page of their own: every segment with why, what comes next, what happened. And finding one.

`explanation` knows the reasons, `timeline` what happened; `customer_words` says it. Changes nothing: pins are set
through `customers_api`.
"""

import re
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from sqlalchemy.orm import Session

from admin_ui import api, auth, customer_words, language, openapi
from plugin import clock
from plugin.db import session as db
from plugin.db.models import Customer, Shop
from plugin.db.types import from_microseconds, to_microseconds
from plugin.language import Language
from plugin.schemas import admin_timeline
from plugin.segments.needs import Needs
from plugin.shop import installation, shops
from plugin.standing import explanation, explanation_words, loading, timeline
from plugin.standing.explanation import CustomerExplained
from plugin.standing.timeline import Place

EVENTS = 20
LATELY = 20
# A number, or the address of the customer's page in the Shopify admin, which has it at its end.
WRITTEN_NUMBER = re.compile(r"(?:.*/customers?/)?#?([0-9]{1,19})(?:[?#/].*)?", re.IGNORECASE | re.ASCII)

blueprint = Blueprint("admin_customers", __name__, url_prefix="/app", template_folder="templates")


@blueprint.get("/customers")
@auth.document
def find() -> Any:
    """Find a customer by number, or look at those who moved lately; `q` is what somebody wrote into the field."""
    shop_id = installation.ensure_installed(auth.asker())
    return _finding(shop_id, request.args.get("q", "").strip())


@blueprint.get(f"/customers/<int(max={openapi.LARGEST_ID}):customer_id>")
@auth.document
def customer(customer_id: int) -> Any:
    """Everything about one customer; who is not there can be looked for."""
    shop_id = installation.ensure_installed(auth.asker())
    with db.read() as session:
        shop = shops.get(session, shop_id)
        said = language.of(shop)
        try:
            found = explanation.explain(session, shop_id, customer_id, clock.now(), said.locale)
        except explanation.UnknownCustomer:
            return _finding(shop_id, None), 404
        return render_template("customer.html", **_shown(session, shop, found, said))


@blueprint.get(f"/api/customers/<int(max={openapi.LARGEST_ID}):customer_id>/timeline")
@openapi.describes(
    admin_timeline.Timeline, also={404: customer_words.UNKNOWN}, query={"after": "What the piece before said."}
)
@auth.fetched
def older(customer_id: int) -> Response:
    """What happened to a customer, a piece at a time, newest first."""
    asked = admin_timeline.PieceAsked().load(request.args.to_dict())["after"]
    behind = _place(asked) if asked else None
    with db.read() as session:
        shop = api.asking_shop(session)
        said = language.of(shop)
        piece = _piece(session, shop.id, customer_id, said, behind)
    return jsonify(admin_timeline.Timeline().dump(piece))


def written_number(text: str) -> int | None:
    """The customer's number in what somebody wrote or pasted; None if there is none."""
    found = WRITTEN_NUMBER.fullmatch(text.strip())
    number = int(found[1]) if found else None
    return number if number is not None and number <= openapi.LARGEST_ID else None


def _finding(shop_id: int, wanted: str | None) -> str:
    """The page that finds customers: with what was looked for, or (None) after an address that led to nobody."""
    number = written_number(wanted or "")
    with db.read() as session:
        language.of(shops.get(session, shop_id))
        known = None if number is None else session.get(Customer, (shop_id, number))
        return render_template(
            "customers.html",
            wanted=wanted or "",
            found=known.customer_id if known else None,
            unknown=wanted != "" and known is None,
            lately=timeline.moved_lately(session, shop_id, clock.now(), LATELY),
        )


def _shown(session: Session, shop: Shop, found: CustomerExplained, said: Language) -> dict[str, Any]:
    segments = explanation_words.as_json(found)["segments"]
    return {
        "customer_id": found.customer_id,
        "facts": _facts(session, shop.id, found, said),
        "next_change": customer_words.next_change(found, said),
        "segments": [each | {"pin": line.pin} for each, line in zip(segments, found.segments, strict=True)],
        "ignored": found.ignored,
        "tagging_on": found.tagging_on,
        "timeline": _piece(session, shop.id, found.customer_id, said, None),
    }


def _facts(session: Session, shop_id: int, found: CustomerExplained, said: Language) -> list[tuple[str, str]]:
    """What is known beside the segments, as names and values: of orders, those that count and we can see."""
    row = session.get_one(Customer, (shop_id, found.customer_id))
    pieces = loading.some(session, shop_id, [found.customer_id], Needs(), found.as_of).pieces
    (columns,) = (customers.columns for customers, _ in pieces if len(customers.columns.customer_ids))
    return customer_words.facts(row, columns, said)


def _piece(session: Session, shop_id: int, customer_id: int, said: Language, behind: Place | None) -> dict[str, Any]:
    events = timeline.events(session, shop_id, customer_id, EVENTS + 1, behind)
    last = events[EVENTS - 1].place if len(events) > EVENTS else None
    return {
        "events": [customer_words.event(each, said) for each in events[:EVENTS]],
        "after": f"{to_microseconds(last.at)}-{last.kind}-{last.id}" if last else None,
    }


def _place(asked: str) -> Place:
    at, kind, number = map(int, asked.split("-"))
    return Place(from_microseconds(at), kind, number)
