"""The control API under /dev: shops, histories, time, faults and figures. `client` speaks it; Shopify has none such."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from dev_store.deliveries import Disorder
from dev_store.faults import Fault
from dev_store.state import Shop
from dev_store.store import DEFAULT_USER, DevStore
from dev_store.timeline import Timeline

blueprint = Blueprint("control", __name__)


def store() -> DevStore:
    """The development store this request is about."""
    found: DevStore = current_app.extensions["dev_store"]
    return found


def timeline() -> Timeline:
    """What is still to come in its shops."""
    found: Timeline = current_app.extensions["dev_store_timeline"]
    return found


def given() -> dict[str, Any]:
    """The JSON object of the request, empty if it has none."""
    return request.get_json() if request.content_length else {}


@blueprint.get("/store/<handle>/id_token")
def id_token(handle: str) -> Response:
    """What App Bridge would hand to the app's page."""
    shop = store().shop(handle)
    return jsonify(id_token=store().id_token(shop, request.args.get("user", DEFAULT_USER)))


@blueprint.get("/dev/shops")
def shops() -> Response:
    """Every shop."""
    return jsonify([described(shop) for shop in store().shops()])


@blueprint.post("/dev/shops")
def create_shop() -> Response:
    """Open a shop."""
    return jsonify(described(store().create_shop(**given())))


@blueprint.get("/dev/shops/<handle>")
def shop(handle: str) -> Response:
    """One shop."""
    return jsonify(described(store().shop(handle)))


@blueprint.post("/dev/shops/<handle>/load")
def load(handle: str) -> Response:
    """Read a history into a shop."""
    body = given()
    return jsonify(
        timeline().load(
            store().shop(handle),
            Path(body["directory"]),
            known_until=_instant(body.get("known_until")),
            shift_to_end=_instant(body.get("shift_to_end")),
        )
    )


@blueprint.post("/dev/advance")
def advance() -> Response:
    """Let upcoming events happen and set the clock."""
    body = given()
    return jsonify(timeline().advance(datetime.fromisoformat(body["to"]), deliver=body.get("deliver", True)))


@blueprint.post("/dev/shops/<handle>/upcoming")
def place_upcoming(handle: str) -> Response:
    """Let the next upcoming events happen now."""
    return jsonify(timeline().place_upcoming(store().shop(handle), given()["count"]))


@blueprint.get("/dev/progress")
def progress() -> Response:
    """How far the latest long piece of work is."""
    now = store().progress
    return jsonify(task=now.task, done=now.done, total=now.total, unfinished=store().deliveries.unfinished)


@blueprint.get("/dev/stats")
def stats() -> Response:
    """What the Admin API and the deliveries came to so far."""
    counters, counts = store().admin.counters, store().deliveries.counts
    return jsonify(
        requests=counters.requests,
        points=counters.points,
        throttled=counters.throttled,
        mutations=counters.mutations,
        refused=counters.refused,
        deliveries={name: counts[name] for name in ("delivered", "failed", "retried", "dropped", "duplicated")},
        faults=store().faults.met,
    )


@blueprint.get("/dev/deliveries")
def deliveries() -> Response:
    """The journal of deliveries, oldest first; ?topic= and ?shop= narrow it."""
    topic, handle = request.args.get("topic"), request.args.get("shop")
    domain = store().shop(handle).domain if handle else None
    found = [
        delivery
        for delivery in list(store().deliveries.journal)
        if topic in {None, delivery.topic} and domain in {None, delivery.shop}
    ]
    fields = (
        "shop",
        "topic",
        "webhook_id",
        "event_id",
        "triggered_at",
        "url",
        "attempts",
        "state",
        "last_status",
        "error",
    )
    return jsonify([{name: getattr(delivery, name) for name in fields} for delivery in found])


@blueprint.post("/dev/wait")
def wait() -> Response:
    """Wait until no delivery is under way."""
    return jsonify(quiet=store().deliveries.wait(given().get("timeout")))


@blueprint.get("/dev/clock")
def clock() -> Response:
    """The instant the shops live in."""
    return jsonify(now=store().now().isoformat())


@blueprint.post("/dev/clock")
def set_clock() -> Response:
    """Set the clock file: an instant, an offset such as +3600, or nothing for the machine's own time."""
    store().set_clock(given()["setting"])
    return clock()


@blueprint.post("/dev/faults")
def add_fault() -> Response:
    """Let calls fail: kind, target, shop, remaining, rate, after, seconds, retry_after, seed."""
    body = given()
    seed = body.pop("seed", None)
    store().faults.add(Fault(**body), seed)
    return jsonify(ok=True)


@blueprint.delete("/dev/faults")
def clear_faults() -> Response:
    """End all faults."""
    store().faults.clear()
    return jsonify(ok=True)


@blueprint.delete("/dev/calls")
def forget_calls() -> Response:
    """Begin a new journal of calls."""
    store().calls.forget()
    return jsonify(ok=True)


@blueprint.post("/dev/disorder")
def disorder() -> Response:
    """Duplicate, delay, reorder or drop deliveries from now on; an empty object ends it."""
    body = given()
    seed = body.pop("seed", 0)
    store().deliveries.disorder(Disorder(**body), seed)
    return jsonify(ok=True)


@blueprint.post("/dev/shops/<handle>/<action>")
def act(handle: str, action: str) -> tuple[Response, int] | Response:
    """What Shopify may do to the app: end its tokens, tell it anything."""
    shop, body = store().shop(handle), given()
    match action:
        case "revoke_tokens":
            shop.access.revoke()
        case "expire_tokens":
            shop.access.expire_access_tokens(store().now())
        case "webhook":
            with store().acting(shop, _instant(body.get("triggered_at"))) as (_, announce):
                announce(body["topic"], lambda: body["payload"])
        case _:
            return jsonify(error=f"No such action: {action}"), 404
    return jsonify(described(shop))


def described(shop: Shop) -> dict[str, Any]:
    """A shop's figures."""
    return {
        "handle": shop.handle,
        "id": shop.id,
        "domain": shop.domain,
        "name": shop.name,
        "currency": shop.currency,
        "timezone": shop.timezone,
        "plan": shop.plan,
        "scopes": sorted(shop.scopes),
        "installed": shop.access.installed,
        "customers": len(shop.customers),
        "orders": len(shop.orders),
        "financial_statuses": Counter(order.financial_status for order in list(shop.orders.values())),
    }


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
