"""The part of the control API that steers bulk operations: how they behave and end, and who may read results."""

from dataclasses import asdict

from flask import Blueprint, Response, jsonify

from dev_store.bulk_operations import MUTATION, QUERY, Conduct, Ending
from dev_store.control import given, store

blueprint = Blueprint("control_bulk", __name__, url_prefix="/dev/shops/<handle>")


@blueprint.get("/bulk")
def operations(handle: str) -> Response:
    """Every bulk operation of the shop, oldest first."""
    found = store().bulk[store().shop(handle).handle].all()
    hidden = {"ending", "result", "created_at", "completed_at"}
    return jsonify([{name: value for name, value in asdict(each).items() if name not in hidden} for each in found])


@blueprint.post("/bulk/conduct")
def behave(handle: str) -> Response:
    """How operations of one kind, or both, behave from now on."""
    body = given()
    kinds = [body.pop("kind")] if body.get("kind") else [QUERY, MUTATION]
    if not set(kinds) <= {QUERY, MUTATION}:
        raise ValueError(f"Kinds are {QUERY} and {MUTATION}")
    body.pop("kind", None)
    for kind in kinds:
        store().bulk[store().shop(handle).handle].behave(kind, Conduct(**body))
    return jsonify(ok=True)


@blueprint.post("/bulk/ending")
def end(handle: str) -> Response:
    """How the next operation is to end: error_code, status, after, kind."""
    store().bulk[store().shop(handle).handle].endings.append(Ending(**given()))
    return jsonify(ok=True)


@blueprint.post("/bulk/expire")
def expire_results(handle: str) -> Response:
    """Void the addresses of results; gone: remove the files too."""
    store().files.expire_results(store().shop(handle), gone=given().get("gone", False))
    return jsonify(ok=True)
