"""Whatever goes wrong below /app/api is JSON, elsewhere a calm page; the status is HTTP's own and no detail leaks."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugin.db import session as db
from plugin.db.models import Segment
from tests.integration.admin_ui.asking import Merchant

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

JSON = {"Content-Type": "application/json"}
ENDPOINTS = ("/app/api/segments", "/app/api/tagging")


def put(merchant: Merchant, path: str, body: bytes, **headers: str) -> Any:
    return merchant.client.put(path, data=body, headers={**merchant.bearer(), **JSON, **headers})


@pytest.mark.parametrize("path", ["/app/api", "/app/api/", "/app/api/nothing", "/app/api/data-requests/x"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_address_of_the_api_is_not_found_in_json(client: FlaskClient, path: str, method: str) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == 404
    assert list(answer.get_json()) == ["error"]


@pytest.mark.parametrize(
    ("path", "allowed"), [("/app/api/status", {"GET"}), ("/app/api/segments", {"GET", "POST", "PUT"})]
)
def test_a_wrong_method_names_the_right_ones(client: FlaskClient, path: str, allowed: set[str]) -> None:
    answer = client.delete(path)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) - {"HEAD", "OPTIONS"} == allowed
    assert list(answer.get_json()) == ["error"]


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_body_that_is_no_json_is_refused(merchant: Merchant, path: str) -> None:
    deep = b"[" * 100_000
    for body in (b"", b"{", b"\xff\xfe", b'{"on": NaN}', deep):
        assert put(merchant, path, body).status_code == 400


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_body_of_another_type_or_too_large_is_refused(merchant: Merchant, path: str) -> None:
    assert put(merchant, path, b"{}", **{"Content-Type": "text/plain"}).status_code == 415
    assert put(merchant, path, b" " * 300_000).status_code == 413


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b'{"on": 1}', b'{"on": "true"}', b'{"on": true, "x": 1}'])
def test_the_switch_takes_true_and_false_and_nothing_like_it(merchant: Merchant, body: bytes) -> None:
    answer = put(merchant, "/app/api/tagging", body)
    assert answer.status_code == 422
    assert all(isinstance(message, str) for message in answer.get_json()["errors"].values())


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_page_refuses_other_methods_calmly(client: FlaskClient, method: str) -> None:
    answer = client.open("/app", method=method, query_string={"shop": "anna.myshopify.com"})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert "This page does not exist" in answer.text


def test_what_is_no_page_of_ours_is_plain_text(client: FlaskClient) -> None:
    for path in ("/nothing", "/.env", "/webhooks/x", "/apple"):
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (404, "text/plain")


def test_a_fault_of_ours_is_a_500_in_json_without_its_details(app: Flask, merchant: Merchant) -> None:
    with db.write() as session:
        session.get_one(Segment, (merchant.shop_id, 0)).definition = {"broken": "secret words"}
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = merchant.get("/app/api/status")
    assert answer.status_code == 500
    assert list(answer.get_json()) == ["error"]
    assert "secret words" not in answer.text
