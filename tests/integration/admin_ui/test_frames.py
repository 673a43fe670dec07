"""Who may show our pages in a frame, and whose scripts run in them."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from plugin.db import session as db
from plugin.db.models import Segment
from tests.integration.admin_ui.asking import Merchant, id_token
from tests.integration.admin_ui.conftest import DEV_STORE

# Nothing here is about the database: one kind will do.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


NONCE = re.compile(r"'nonce-([\w-]{22})'")


def policy(answer: TestResponse) -> str:
    """The policy with its nonce as N."""
    return NONCE.sub("'nonce-N'", answer.headers["Content-Security-Policy"])


def nonce(answer: TestResponse) -> str:
    return NONCE.findall(answer.headers["Content-Security-Policy"])[0]


def ancestors(answer: TestResponse) -> list[str]:
    [found] = [part.split()[1:] for part in policy(answer).split("; ") if part.startswith("frame-ancestors")]
    return found


def test_only_the_asking_shop_and_the_admin_may_frame_the_page(merchant: Merchant) -> None:
    answer = merchant.open(shop="boris.myshopify.com")
    assert ancestors(answer) == ["https://anna.myshopify.com", "https://admin.shopify.com", DEV_STORE]
    assert "X-Frame-Options" not in answer.headers


def test_the_policy_in_production_is_exactly_this(in_production: FlaskClient, merchant: Merchant) -> None:
    answer = in_production.get("/app", query_string={"id_token": id_token(merchant.domain)})
    assert policy(answer).split("; ") == [
        "default-src 'self'",
        "script-src 'self' 'nonce-N' https://cdn.shopify.com",
        "style-src 'self' 'nonce-N' https://cdn.shopify.com",
        "img-src 'self' data: https://cdn.shopify.com",
        "font-src 'self' data: https://cdn.shopify.com",
        "connect-src 'self' https://*.shopify.com https://*.shopifysvc.com",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors https://anna.myshopify.com https://admin.shopify.com",
    ]
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_without_https_no_browser_is_told_to_insist_on_it(merchant: Merchant) -> None:
    assert "Strict-Transport-Security" not in merchant.open().headers


def test_in_development_the_page_talks_to_the_development_store_as_well(merchant: Merchant) -> None:
    places = f"'self' https://*.shopify.com https://*.shopifysvc.com {DEV_STORE};"
    assert f"connect-src {places}" in policy(merchant.open())


@pytest.mark.parametrize("shop", ["", "evil.example", "anna.myshopify.com.evil.example", "*", "a.myshopify.com; x"])
def test_an_answer_for_no_shop_may_be_framed_by_nobody(client: FlaskClient, shop: str) -> None:
    answer = client.get("/app/patch-id-token", query_string={"shop": shop, "shopify-reload": "/app"})
    assert ancestors(answer) == ["'none'"]


@pytest.mark.parametrize("path", ["/app", "/app/data", "/app/nowhere", "/app/patch-id-token"])
def test_every_script_carries_the_nonce_of_its_answer_and_no_two_answers_share_one(
    merchant: Merchant, path: str
) -> None:
    answers = [merchant.open(path, **{"shopify-reload": "/app"}) for _ in range(2)]
    assert len({nonce(answer) for answer in answers}) == 2
    for answer in answers:
        scripts = re.findall(r"<script[^>]*>", answer.text)
        assert scripts
        assert all(f'nonce="{nonce(answer)}"' in script for script in scripts)


@pytest.mark.parametrize("path", ["/app", "/app/data"])
def test_no_page_carries_a_script_or_style_of_its_own(merchant: Merchant, path: str) -> None:
    page = merchant.open(path).text
    # A block of JSON is data: no browser runs it.
    scripts = [tag for tag in re.findall(r"<script[^>]*>", page) if "application/json" not in tag]
    assert all("src=" in tag for tag in scripts)
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)


def test_app_bridge_is_the_first_script_and_blocks(merchant: Merchant) -> None:
    first = re.search(r"<script ([^>]*)>", merchant.open().text)
    assert first is not None
    assert first[1].split(" nonce=")[0] == 'src="http://127.0.0.1:9/static/app-bridge.js"'


@pytest.mark.parametrize("path", ["/app/nowhere", "/app/static/x/nothing.js"])
def test_what_does_not_exist_is_a_calm_page_with_the_same_protection(merchant: Merchant, path: str) -> None:
    answer = merchant.open(path)
    assert answer.status_code == 404
    assert "This page does not exist" in answer.text
    assert "https://anna.myshopify.com" in answer.headers["Content-Security-Policy"]


def test_a_fault_of_ours_is_a_calm_page_without_its_details(app: Flask, merchant: Merchant) -> None:
    Segment.__table__.drop(db.engine())
    answer = merchant.open()
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert not re.search("Traceback|sqlite|OperationalError", answer.text)


def test_files_may_be_kept_for_ever_under_their_own_name_only(merchant: Merchant) -> None:
    address = re.search(r'href="(/app/static/(\w+)/app.css)"', merchant.open().text)
    assert address is not None
    kept = merchant.client.get(address[1])
    older = merchant.client.get(address[1].replace(address[2], "0ld"))
    assert (kept.status_code, older.status_code) == (200, 200)
    assert "immutable" in kept.headers["Cache-Control"]
    assert older.headers["Cache-Control"] == "no-cache"
