"""JSON of what was done: runs, tag writes (as a table as well), failures; and the decisions about them.

`activity_page` shows the same as HTML and uses `filter_asked` and `row_after` from here. Always the asking shop's own.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from admin_ui import activity, api, auth, language, openapi, overview
from plugin import clock, queues
from plugin.db import session as db
from plugin.db.models import TagChange
from plugin.deliveries import inbox
from plugin.schemas import admin_activity
from plugin.segments.voice import message
from plugin.shop import shops
from plugin.standing import segment_store
from plugin.tagging import activity as done
from plugin.tagging import brake, retrying, switch, tag_changes, undo
from plugin.tagging.activity import Filter

ROWS_AT_ONCE = 500
OUTCOMES = (tag_changes.WRITTEN, tag_changes.REFUSED, tag_changes.MISSING, tag_changes.LEFT)
AFTER = {"after": "What `more` said of the page before."}
FILTER = {
    "tag": "Only writes of this tag.",
    "customer": "Only writes to the customer with this number.",
    "outcome": f"Only writes that ended so: {', '.join(OUTCOMES)}.",
    "run": "Only writes that follow from this run.",
}
NO_RUN = {404: message("The shop has no such run.")}
REFUSED = {409: "That cannot be done (any more); the answer says why."}
RUN = f"/activity/runs/<int(max={openapi.LARGEST_ID}):run_id>"

blueprint = Blueprint("admin_activity_api", __name__, url_prefix="/app/api")


@blueprint.get("/activity/runs")
@openapi.describes(admin_activity.Runs, query=AFTER)
@auth.fetched
def runs() -> Response:
    """What was done to all customers at once, newest first."""
    with db.read() as session:
        shop_id = api.asking_shop(session).id
        lines, more = activity.run_lines(session, shop_id, row_after(), language.current())
    return jsonify(admin_activity.Runs().dump({"runs": lines, "more": more}))


@blueprint.get("/activity/writes")
@openapi.describes(admin_activity.Writes, query=FILTER | AFTER)
@auth.fetched
def writes() -> Response:
    """Every write of tags to a customer, newest first."""
    with db.read() as session:
        shop_id = api.asking_shop(session).id
        lines, more = activity.write_lines(session, shop_id, filter_asked(), row_after())
    return jsonify(admin_activity.Writes().dump({"writes": lines, "more": more}))


@blueprint.get("/activity/writes.csv")
@openapi.describes(None, mimetype="text/csv", query=FILTER)
@auth.fetched
def writes_table() -> Response:
    """The same as a table; a large store's is sent while it is read."""
    with db.read() as session:
        shop_id = api.asking_shop(session).id
    name = f"tag-writes-{clock.now():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(_table(shop_id, filter_asked()), mimetype="text/csv", headers=headers)


@blueprint.get("/activity/failures")
@openapi.describes(admin_activity.Failures)
@auth.fetched
def failures() -> Response:
    """What needs a decision."""
    with db.read() as session:
        found = activity.failures(session, api.asking_shop(session).id, clock.now(), language.current())
    return jsonify(admin_activity.Failures().dump(found))


@blueprint.post(f"{RUN}/confirm")
@openapi.describes(admin_activity.Decided, also=NO_RUN | REFUSED)
@auth.fetched
def confirm_run(run_id: int) -> Response:
    """Do what a waiting run would do."""
    return _decide(run_id, brake.confirm)


@blueprint.post(f"{RUN}/decline")
@openapi.describes(admin_activity.Decided, also=NO_RUN | REFUSED)
@auth.fetched
def decline_run(run_id: int) -> Response:
    """Keep everything as it was before the change that made a run wait."""
    return _decide(run_id, brake.decline)


@blueprint.post(f"{RUN}/undo")
@openapi.describes(admin_activity.Decided, also=NO_RUN | REFUSED)
@auth.fetched
def undo_run(run_id: int) -> Response:
    """Take back a change of settings and what was written for it."""
    return _decide(run_id, undo.start)


@blueprint.post(f"{RUN}/retry")
@openapi.describes(admin_activity.Decided, also=NO_RUN | REFUSED)
@auth.fetched
def retry_run(run_id: int) -> Response:
    """Try a run that failed once more."""

    def again(session: Session, shop_id: int, run_id: int, now: datetime) -> None:
        if not retrying.run(session, shop_id, run_id, now):
            raise undo.NotUndone(NOT_FAILED)

    return _decide(run_id, again)


@blueprint.post("/activity/deliveries/retry")
@openapi.describes(admin_activity.Decided)
@auth.fetched
def retry_deliveries() -> Response:
    """Read the messages of Shopify's again that could not be read."""
    with db.write() as session:
        shop_id = api.asking_shop(session).id
        inbox.replay(session, shop_id)
    return _decided(shop_id, *inbox.STAGES)


@blueprint.post("/activity/tags/retry")
@openapi.describes(admin_activity.Decided)
@auth.fetched
def retry_tags() -> Response:
    """Write the tags again, now, that Shopify refused."""
    with db.write() as session:
        shop_id = api.asking_shop(session).id
        retrying.refused_tags(session, shop_id, clock.now())
    return _decided(shop_id, "sync")


@blueprint.post(f"/activity/customers/<int(max={openapi.LARGEST_ID}):customer_id>/put-back")
@openapi.describes(
    admin_activity.Decided, takes=admin_activity.TagToPutBack, also={404: "No such tag was taken off the customer."}
)
@auth.fetched
def put_back(customer_id: int) -> Response:
    """Give a customer a tag again that others keep taking off."""
    tag = admin_activity.TagToPutBack().load(api.body())["tag"]
    with db.write() as session:
        shop_id = api.asking_shop(session).id
        bits = {named.casefold(): bit for bit, named in segment_store.tags_by_bit(session, shop_id).items()}
        bit = bits.get(tag.casefold())
        if bit is None or not retrying.contested_tag(session, shop_id, customer_id, bit):
            abort(404, language.current().text("No such tag was taken off the customer."))
    return _decided(shop_id, "sync")


def filter_asked() -> Filter:
    """What the address asks for; ValidationError where that cannot be."""
    asked: Mapping[str, str] = {name: said for name in FILTER if (said := request.args.get(name, "").strip())}
    if asked.get("outcome", OUTCOMES[0]) not in OUTCOMES:
        raise ValidationError({"outcome": [language.current().text("Not one of the outcomes.")]})
    numbers = {name: _number(name, asked[name]) for name in ("customer", "run") if name in asked}
    return Filter(asked.get("tag"), numbers.get("customer"), asked.get("outcome"), numbers.get("run"))


def row_after() -> int | None:
    """Behind which row the asked page begins."""
    said = request.args.get("after", "").strip()
    return _number("after", said) if said else None


def _number(name: str, said: str) -> int:
    if not (said.isascii() and said.isdigit()) or int(said) > openapi.LARGEST_ID:
        raise ValidationError({name: [language.current().text("Only digits, please.")]})
    return int(said)


NOT_FAILED = message("This run did not fail.")


def _decide(run_id: int, decision: Callable[[Session, int, int, datetime], Any]) -> Response:
    with db.write() as session:
        shop_id = api.asking_shop(session).id
        if not done.has_run(session, shop_id, run_id):
            abort(404, NO_RUN[404])
        try:
            decision(session, shop_id, run_id, clock.now())
        except (brake.NotWaiting, undo.NotUndone) as error:
            abort(409, language.current().text(str(error)))
    return _decided(shop_id, "run", "sync")


def _decided(shop_id: int, *stages: str) -> Response:
    for stage in stages:
        queues.wake(stage, shop_id)
    with db.read() as session:
        answer = {"status": overview.read(session, shops.get(session, shop_id))}
    return jsonify(admin_activity.Decided().dump(answer))


def _table(shop_id: int, wanted: Filter) -> Iterator[str]:
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(activity.CSV_COLUMNS)
    with db.read() as session:
        for count, row in enumerate(done.writes(session, shop_id, wanted), 1):
            writer.writerow(_cells(row))
            if count % ROWS_AT_ONCE == 0:
                yield _taken(lines)
    yield _taken(lines)


def _cells(row: TagChange) -> Iterator[str]:
    """What a spreadsheet would take for a formula becomes text."""
    cells = (str(row.customer_id), ", ".join(row.added), ", ".join(row.removed), row.outcome, row.error or "")
    yield f"{row.at:%Y-%m-%dT%H:%M:%SZ}"
    yield from (f"'{cell}" if cell.startswith(switch.FORMULA_STARTS) else cell for cell in cells)


def _taken(lines: io.StringIO) -> str:
    text = lines.getvalue()
    lines.seek(0)
    lines.truncate()
    return text
