"""The description of the JSON API is complete, and the API is as described: a stranger's generator tries it out."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import RateLimitItemPerMinute
from werkzeug.serving import WSGIRequestHandler, make_server

from admin_ui import openapi, rate_limits
from plugin import clock
from plugin.db import session as db
from plugin.db.models import Customer, Shop
from plugin.schemas.facts import DataRequested
from plugin.shop import privacy
from tests.integration.admin_ui.asking import Merchant, id_token

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
HOUR_SECONDS = 3_600


class Quiet(WSGIRequestHandler):
    """Writes no line for each of some thousand requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The application behind a real web server."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def try_out(address: str, token: str, directory: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("st")
    options = (
        "--checks",
        ",".join(CHECKS),
        "--max-examples",
        "6",
        "--seed",
        "1",
        "--no-shrink",
        "--continue-on-failure",
    )
    command = [program, "run", f"{address}/app/api/openapi.json", "-H", f"Authorization: Bearer {token}", *options]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=directory, timeout=270)


def test_every_endpoint_is_described_and_nothing_else(app: Flask, client: FlaskClient) -> None:
    described = client.get("/app/api/openapi.json").get_json()
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(("/app/api", "/promoters/"))]
    served = {(openapi.path(rule), method.lower()) for rule in rules for method in rule.methods - {"HEAD", "OPTIONS"}}
    assert {(path, method) for path, operations in described["paths"].items() for method in operations} == served


def test_the_refusals_are_in_every_description(client: FlaskClient) -> None:
    paths = client.get("/app/api/openapi.json").get_json()["paths"]
    assert set(paths["/app/api/status"]["get"]["responses"]) == {"200", "401", "403", "429"}
    body = {"400", "413", "415", "422"}
    for path in ("/app/api/segments", "/app/api/tagging"):
        assert set(paths[path]["put"]["responses"]) == {"200", "401", "403", "429"} | body
    assert "404" in paths["/app/api/data-requests/{request_id}"]["get"]["responses"]


def test_the_description_needs_no_token_and_names_no_shop(client: FlaskClient, merchant: Merchant) -> None:
    answer = client.get("/app/api/openapi.json")
    assert (answer.status_code, answer.get_json()["openapi"]) == (200, "3.1.0")
    assert merchant.domain not in answer.text


def test_the_api_keeps_to_its_description(
    address: str, merchant: Merchant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("READS", "WRITES", "STRANGERS"):
        monkeypatch.setattr(rate_limits, name, RateLimitItemPerMinute(1_000_000))
    facts = DataRequested(shop_domain=merchant.domain, customer_id=7, request_id=1)
    merchant.add(Customer(shop_id=merchant.shop_id, customer_id=7, wanted_tags=1))
    with db.write() as session:
        privacy.answer(session, session.get_one(Shop, merchant.shop_id), facts, clock.now())
    later = int(clock.now().timestamp()) + HOUR_SECONDS
    result = try_out(address, id_token(merchant.domain, exp=later), tmp_path)
    assert result.returncode == 0, result.stdout[-6_000:]
    with db.read() as session:
        # It got through: among all it sent were bodies that are right.
        assert session.get_one(Shop, merchant.shop_id).writes > 2
