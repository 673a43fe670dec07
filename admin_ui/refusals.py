"""Every answer that says no, or that something failed: JSON to programs, a calm page to people, never a detail.

plugin.app attaches `answer` and `fail` to the whole application, so that paths and methods nobody serves are covered.
"""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from flask import Response, jsonify, make_response, render_template, request
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from admin_ui import auth, language, troubles
from admin_ui.rate_limits import TooMany
from plugin.segments.voice import Said
from plugin.shopify.errors import ShopifyError

# What is not looked at by people: the page's API, and the door of survey tools.
FETCHED = ("/app/api", "/promoters")

log = structlog.get_logger()


def answer(error: HTTPException) -> Response:
    """Say what HTTP says: 404, 405 with its Allow, 413 and the rest."""
    status = error.code or 500
    if _is_fetched():
        response = _json(status, error.description or error.name)
    elif _is_page():
        response = _page(status, NOT_FOUND)
    else:
        response = Response(f"{error.name}\n", status, mimetype="text/plain")
    for name, value in error.get_headers():
        if name.lower() != "content-type":
            response.headers[name] = value
    return response


def too_many(error: TooMany) -> Response:
    """Ask a caller who asks too often to wait."""
    response = (
        _json(429, Said("Too many requests: try again in {count} s.", count=error.seconds))
        if _is_fetched()
        else _page(429, TOO_MANY)
    )
    response.headers["Retry-After"] = str(error.seconds)
    return response


def invalid(error: ValidationError) -> Response:
    """One message a field, by dotted path: {"segments.0.name": "Not a valid string."}."""
    response = jsonify(errors=_flat(error.messages))
    response.status_code = 422
    return response


def shopify_failed(error: ShopifyError) -> Response:
    """A calm page when Shopify did not let us in."""
    log.warning(
        "admin_page_without_shopify",
        shop=auth.shop_for_the_log(),
        path=request.path,
        reason=type(error).__name__,
        transient=error.transient,
    )
    heading, text = troubles.when_opening(type(error))
    return _json(503, heading) if _is_fetched() else _page(503, {"heading": heading, "text": text})


def fail(error: Exception) -> Response:
    """A fault of ours: the caller is told that it is, the log what happened."""
    log.exception("request_failed", shop=auth.shop_for_the_log(), path=request.path, reason=type(error).__name__)
    if _is_fetched():
        return _json(500, OUR_FAULT["again"])
    return _page(500, OUR_FAULT) if _is_page() else Response("Internal Server Error\n", 500, mimetype="text/plain")


ANSWERS: dict[type[Exception], Callable[[Any], Response]] = {
    HTTPException: answer,
    TooMany: too_many,
    ValidationError: invalid,
    ShopifyError: shopify_failed,
    Exception: fail,
}


def _is_fetched() -> bool:
    return any(request.path == root or request.path.startswith(f"{root}/") for root in FETCHED)


def _is_page() -> bool:
    return request.path == "/app" or request.path.startswith("/app/")


def _json(status: int, text: str) -> Response:
    response = jsonify(error=language.said(text))
    response.status_code = status
    return response


def _page(status: int, message: Mapping[str, str]) -> Response:
    return make_response(render_template("message.html", message=message), status)


def _flat(messages: Any, path: str = "") -> dict[str, str]:
    if isinstance(messages, dict):
        flat: dict[str, str] = {}
        for key, below in messages.items():
            flat |= _flat(below, f"{path}.{key}" if path else str(key))
        return flat
    said = messages if isinstance(messages, list) else [messages]
    return {path: " ".join(language.said(each) if isinstance(each, str) else str(each) for each in said)}


NOT_FOUND = {
    "heading": Said("This page does not exist"),
    "text": Said("Open Regulars from the Apps menu of your Shopify admin."),
}
TOO_MANY = {
    "heading": Said("A little too fast"),
    "text": Said("Regulars was asked very often within a minute. Reload this page in a moment: nothing is lost."),
}
OUR_FAULT = {
    "heading": Said("Something went wrong on our side"),
    "again": Said("Something went wrong on our side. Please try again in a moment."),
    "text": Said("Your segments and tags are safe. Reload this page in a minute."),
}
