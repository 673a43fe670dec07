"""The description of the JSON API, made from the views themselves: `describes` on each, the refusals once for all."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Flask, Response, current_app, jsonify
from marshmallow import Schema
from werkzeug.routing import Rule

from plugin.schemas import admin_responses
from plugin.segments.rules import MOST_SEGMENTS

PREFIX = "/app/api"
SURVEYS = "/promoters"
TITLE, VERSION = "Regulars, the merchant's page", "1"
# The largest number a database row can have: anything above cannot be an id.
LARGEST_ID = 2**63 - 1
# Other numbers in addresses, with the largest each can be.
SMALL_NUMBERS = {"bit": MOST_SEGMENTS - 1}

blueprint = Blueprint("admin_openapi", __name__, url_prefix=PREFIX)
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Description:
    """What a view takes and answers beside the refusals that every view has."""

    answer: type[Schema] | None
    takes: type[Schema] | None
    mimetype: str
    also: dict[int, str] = field(default_factory=dict)
    needs_token: bool = True
    takes_file: str | None = None
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


# Said once for every endpoint behind a token, and once more for those that take a body.
REFUSALS = {401: "No ID token, or no good one.", 403: "The shop does not have the app.", 429: "Too many requests."}
BODY_REFUSALS = {400: "The body is not JSON.", 413: "The body is too large.", 415: "The body is of another type."}
INVALID = {422: "The body is JSON and cannot be saved."}
HEADERS = {
    401: {"X-Shopify-Retry-Invalid-Session-Request": {"schema": {"type": "string", "enum": ["1"]}}},
    429: {"Retry-After": {"schema": {"type": "string", "pattern": "^[0-9]+$"}}},
}


def describes(
    answer: type[Schema] | None,
    *,
    takes: type[Schema] | None = None,
    mimetype: str = "application/json",
    also: dict[int, str] | None = None,
    needs_token: bool = True,
    takes_file: str | None = None,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Callable[[View], View]:
    """Say what a view answers with 200, what body it takes, and which other statuses it has.

    `takes_file`: the type of a body that is no JSON. `query`, `headers`: parameters there, in words.
    """

    def described(view: View) -> View:
        told = Description(answer, takes, mimetype, also or {}, needs_token, takes_file, query or {}, headers or {})
        view.__dict__["description"] = told
        return view

    return described


@blueprint.get("/openapi.json")
@describes(admin_responses.Anything, needs_token=False)
def document() -> Response:
    """This description. It tells nothing of any shop."""
    return jsonify(build(current_app))


def build(app: Flask) -> dict[str, Any]:
    """The OpenAPI document of everything below /app/api, and of the door of survey tools."""
    spec = APISpec(TITLE, VERSION, openapi_version="3.1.0", plugins=[MarshmallowPlugin(schema_name_resolver=_name)])
    spec.components.security_scheme("idToken", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith((f"{PREFIX}/", f"{SURVEYS}/")):
            view = app.view_functions[rule.endpoint]
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                spec.path(path(rule), operations={method.lower(): _operation(rule, view)})
    return dict(spec.to_dict())


def path(rule: Rule) -> str:
    """The rule as OpenAPI writes it."""
    return re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule.rule)


def _operation(rule: Rule, view: Callable[..., Any]) -> dict[str, Any]:
    said: Description = view.__dict__["description"]
    operation: dict[str, Any] = {
        "operationId": rule.endpoint.rpartition(".")[2],
        "summary": (view.__doc__ or "").strip(),
        "responses": {"200": _response("As asked.", said.answer, said.mimetype), **_refusals(said)},
        "security": [{"idToken": []}] if said.needs_token else [],
    }
    parameters = [_parameter(name) for name in sorted(rule.arguments)]
    for place, told in (("query", said.query), ("header", said.headers)):
        parameters += [_told(place, name, words) for name, words in told.items()]
    if parameters:
        operation["parameters"] = parameters
    if said.takes is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": said.takes}}}
    if said.takes_file is not None:
        operation["requestBody"] = {"required": True, "content": {said.takes_file: {"schema": {"type": "string"}}}}
    return operation


def _refusals(said: Description) -> dict[str, Any]:
    takes_body = said.takes is not None or said.takes_file is not None
    texts = {**(REFUSALS if said.needs_token else {}), **(BODY_REFUSALS if takes_body else {}), **said.also}
    refusals = {
        str(status): {**_response(text, admin_responses.Refusal), **_headers(status)} for status, text in texts.items()
    }
    if takes_body or said.query:
        refusals |= {str(status): _response(text, admin_responses.Invalid) for status, text in INVALID.items()}
    return dict(sorted(refusals.items()))


def _headers(status: int) -> dict[str, Any]:
    return {"headers": HEADERS[status]} if status in HEADERS else {}


def _response(text: str, schema: type[Schema] | None, mimetype: str = "application/json") -> dict[str, Any]:
    return {"description": text, "content": {mimetype: {"schema": schema or {"type": "string"}}}}


def _parameter(name: str) -> dict[str, Any]:
    if name.endswith("_id") or name in SMALL_NUMBERS:  # of a row
        schema = {"type": "integer", "minimum": 0, "maximum": SMALL_NUMBERS.get(name, LARGEST_ID)}
    else:
        schema = {"type": "string", "minLength": 1}
    return {"in": "path", "name": name, "required": True, "schema": schema}


def _told(place: str, name: str, words: str) -> dict[str, Any]:
    schema = {"type": "string"}
    return {"in": place, "name": name, "required": place == "header", "description": words, "schema": schema}


def _name(schema: type[Schema] | Schema) -> str:
    return (schema if isinstance(schema, type) else type(schema)).__name__
