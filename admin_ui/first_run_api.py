"""JSON behind the guide on "Home": what switching segments on would do, and switching them on in one go.

`segments_api` switches single segments. Always the asking shop's own; what goes wrong is answered by `refusals`.
"""

from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy.orm import Session

from admin_ui import api, auth, openapi
from plugin import clock, queues, runs
from plugin.db import session as db
from plugin.schemas import admin_responses, first_run
from plugin.standing import preview, segment_store

blueprint = Blueprint("admin_first_run_api", __name__, url_prefix="/app/api/first-run")


@blueprint.post("/preview")
@openapi.describes(first_run.Outlook, takes=first_run.Chosen)
@auth.fetched
def outlook() -> Response:
    """How many customers would be in each segment that is off, and how many would be tagged if these were on."""
    bits = set(first_run.Chosen().load(api.body())["bits"])
    with db.read() as session:
        shop = api.asking_shop(session)
        if shop.imported_at is None:
            return jsonify(first_run.Outlook().dump({"ready": False, "segments": [], "tagged": 0, "customers": 0}))
        rows = segment_store.rows(session, shop.id)
        # Those that are on stay on: only what is off is chosen from.
        tried = [_with(row.definition, on=row.bit in bits or _is_on(row.definition)) for row in rows]
        found = preview.preview(session, shop.id, tried, clock.now())
    answer = {
        "ready": True,
        "segments": [
            {"bit": row.bit, "customers": line.members, "waits": line.waits}
            for row, line in zip(rows, found.segments, strict=False)
        ],
        "tagged": found.changed,
        "customers": found.customers,
    }
    return jsonify(first_run.Outlook().dump(answer))


@blueprint.put("/segments")
@openapi.describes(admin_responses.Saved, takes=first_run.Chosen)
@auth.fetched
def switch_on() -> Response:
    """Put customers into these segments from now on; numbers that are none of the shop's are passed over."""
    bits = first_run.Chosen().load(api.body())["bits"]
    with db.write() as session:
        shop_id = api.asking_shop(session).id
        changed = _switch_on(session, shop_id, bits)
        if changed:
            runs.start_refresh(session, shop_id, clock.now())
    if changed:
        queues.wake("run", shop_id)
    return jsonify(api.saved(shop_id, changed=bool(changed)))


def _switch_on(session: Session, shop_id: int, bits: list[int]) -> int:
    mine = {row.bit for row in segment_store.rows(session, shop_id)}
    now = clock.now()
    return sum(segment_store.switch(session, shop_id, bit, True, now) for bit in sorted(mine & set(bits)))


def _is_on(definition: dict[str, Any]) -> bool:
    return bool(definition.get("on", True))


def _with(definition: dict[str, Any], *, on: bool) -> dict[str, Any]:
    plain = {name: said for name, said in definition.items() if name != "on"}
    return plain if on else {**plain, "on": False}
