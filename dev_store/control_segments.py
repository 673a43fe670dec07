"""The part of the control API that plays a merchant's customer segments. `client_segments` speaks it."""

from flask import Blueprint, Response, abort, jsonify

from dev_store import segments
from dev_store.control import given, store
from dev_store.segments import Segment
from dev_store.state import Shop

blueprint = Blueprint("control_segments", __name__, url_prefix="/dev/shops/<handle>/segments")


@blueprint.get("")
def all_segments(handle: str) -> Response:
    """Every segment with the numbers of its members."""
    shop = store().shop(handle)
    with shop.lock:
        return jsonify([{"id": each.id, "name": each.name, "query": each.query} for each in shop.segments.values()])


@blueprint.post("")
def create(handle: str) -> Response:
    """Keep a segment."""
    shop, body = store().shop(handle), given()
    with store().acting(shop) as (at, _):
        return jsonify(id=segments.create(shop, body["name"], body["query"], at).id)


@blueprint.post("/<int:number>/failing")
def fail(handle: str, number: int) -> Response:
    """Answer whoever asks for its members with an error from now on; none given ends it."""
    shop = store().shop(handle)
    with shop.lock:
        _segment(shop, number).failing = given().get("message")
    return jsonify(ok=True)


@blueprint.delete("/<int:number>")
def delete(handle: str, number: int) -> Response:
    """Drop a segment; nobody is told."""
    shop = store().shop(handle)
    with shop.lock:
        del shop.segments[_segment(shop, number).id]
    return jsonify(ok=True)


def _segment(shop: Shop, number: int) -> Segment:
    found: Segment = shop.segments.get(number) or abort(404, f"No segment {number}")
    return found
