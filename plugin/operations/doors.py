"""What machines ask of the web process: whether it could take a delivery, and its figures. plugin.app opens them."""

import hmac
from ipaddress import ip_address

from flask import Response, abort, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST

from plugin import config
from plugin.operations import exposition, readiness


def readyz() -> Response:
    """200 if a delivery would be stored now, else 503: for whoever shares requests out among processes."""
    found = readiness.look()
    response = jsonify(ready=found.ready, checks=found.checks)
    response.status_code = 200 if found.ready else 503
    response.headers["Cache-Control"] = "no-store"
    return response


def metrics() -> Response:
    """Figures for a Prometheus on this machine, or for one that shows METRICS_TOKEN."""
    if not _is_this_machine() and not _shows_token():
        abort(404)
    return Response(exposition.text(), content_type=CONTENT_TYPE_LATEST)


def _is_this_machine() -> bool:
    """Whoever came through a proxy came from elsewhere."""
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    try:
        return not forwarded and ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _shows_token() -> bool:
    wanted = config.current().metrics_token
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if wanted is None or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(shown.strip().encode(), wanted.encode())
