"""JSON and files behind the page "Data and permissions": what is allowed, data requests, tags off and on again."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, abort, jsonify

from admin_ui import api, auth, data_page, openapi, overview
from plugin import clock, queues
from plugin.db import session as db
from plugin.schemas import admin_responses, merchant_settings
from plugin.shop import privacy, shops
from plugin.tagging import switch

ROWS_AT_ONCE = 500

blueprint = Blueprint("admin_data_api", __name__, url_prefix="/app/api")


@blueprint.get("/permissions")
@openapi.describes(admin_responses.Permissions)
@auth.fetched
def permissions() -> Response:
    """What the shop allowed, what it could allow, and how far back we see."""
    with db.read() as session:
        seen = data_page.permissions(session, api.asking_shop(session), clock.now())
    return jsonify(admin_responses.Permissions().dump(seen))


@blueprint.get("/data-requests")
@openapi.describes(admin_responses.DataRequests)
@auth.fetched
def data_requests() -> Response:
    """Customers' data requests that are open, newest first."""
    with db.read() as session:
        found = data_page.requests(session, api.asking_shop(session), clock.now())
    return jsonify(admin_responses.DataRequests().dump({"requests": found}))


@blueprint.get(f"/data-requests/<int(max={openapi.LARGEST_ID}):request_id>")
@openapi.describes(admin_responses.CustomerData, also={404: "There is no such request (any more)."})
@auth.fetched
def data_request(request_id: int) -> Response:
    """What is stored about one customer, as a file to hand on to them."""
    with db.read() as session:
        shop = api.asking_shop(session)
        found = privacy.open_request(session, shop.id, request_id, clock.now())
        if found is None:
            abort(404, "There is no such request (any more).")
        name = data_page.file_name(found, shop)
    return _file(found.content, "application/json", name)


@blueprint.get("/tagging")
@openapi.describes(admin_responses.Tagging)
@auth.fetched
def tagging_state() -> Response:
    """Whether tags are written, and how many customers carry one of ours."""
    with db.read() as session:
        shop = api.asking_shop(session)
        seen = {"on": shop.tagging_off_at is None, "tagged_customers": data_page.tagged_count(session, shop.id)}
    return jsonify(admin_responses.Tagging().dump(seen))


@blueprint.put("/tagging")
@openapi.describes(admin_responses.TaggingSwitched, takes=merchant_settings.TaggingToSwitch)
@auth.fetched
def switch_tagging() -> Any:
    """Take all our tags off every customer and write none, or go back to writing them."""
    wanted = merchant_settings.TaggingToSwitch().load(api.body())
    with db.write() as session:
        shop_id = api.asking_shop(session).id
        changed = switch.switch(session, shop_id, wanted["on"], clock.now())
    if changed:
        queues.wake("run", shop_id)
    with db.read() as session:
        answer = {"changed": changed, "status": overview.read(session, shops.get(session, shop_id))}
    return jsonify(admin_responses.TaggingSwitched().dump(answer))


@blueprint.get("/removed-tags")
@openapi.describes(None, mimetype="text/csv")
@auth.fetched
def removed_tags() -> Response:
    """The tags taken off since tagging was switched off, as a table; a large store's is sent while it is read."""
    with db.read() as session:
        shop_id = api.asking_shop(session).id
    return _file(_removed_rows(shop_id), "text/csv", f"removed-tags-{clock.now():%Y-%m-%d}.csv")


def _removed_rows(shop_id: int) -> Iterator[str]:
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(switch.REPORT_COLUMNS)
    with db.read() as session:
        for count, row in enumerate(switch.report(session, shop_id), 1):
            writer.writerow(row)
            if count % ROWS_AT_ONCE == 0:
                yield _taken(lines)
    yield _taken(lines)


def _taken(lines: io.StringIO) -> str:
    text = lines.getvalue()
    lines.seek(0)
    lines.truncate()
    return text


def _file(content: str | Iterator[str], mimetype: str, name: str) -> Response:
    return Response(content, mimetype=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'})
