"""Who may show our pages in a frame, and whose scripts run in them."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugin.app import create_app
from plugin.db import session as db
from plugin.db.models import Segment
from tests.integration.admin_ui.asking import Merchant, id_token
from tests.integration.admin_ui.conftest import DEV_STORE

# Nothing here is about the database: one kind will do.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def directives(policy: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in policy.split(";"))}


def test_only_the_asking_shop_and_the_admin_may_frame_the_page(merchant: Merchant) -> None:
    answer = merchant.open(shop="boris.myshopify.com")
    policy = directives(answer.headers["Content-Security-Policy"])
    assert policy["frame-ancestors"] == ["https://anna.myshopify.com", "https://admin.shopify.com", DEV_STORE]
    assert "X-Frame-Options" not in answer.headers


def test_in_production_no_development_store_may(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.delenv("SHOPIFY_URL")
    monkeypatch.delenv("CLOCK_FILE")
    query = {"id_token": id_token(merchant.domain)}
    answer = create_app().test_client().get("/app", query_string=query)
    policy = directives(answer.headers["Content-Security-Policy"])
    assert policy["frame-ancestors"] == ["https://anna.myshopify.com", "https://admin.shopify.com"]


@pytest.mark.parametrize("shop", ["", "evil.example", "anna.myshopify.com.evil.example", "*", "a.myshopify.com; x"])
def test_an_answer_for_no_shop_may_be_framed_by_nobody(client: FlaskClient, shop: str) -> None:
    answer = client.get("/app/patch-id-token", query_string={"shop": shop, "shopify-reload": "/app"})
    assert directives(answer.headers["Content-Security-Policy"])["frame-ancestors"] == ["'none'"]


def test_scripts_and_styles_come_from_us_and_the_two_configured_places(merchant: Merchant) -> None:
    policy = directives(merchant.open().headers["Content-Security-Policy"])
    places = ["'self'", DEV_STORE, "https://cdn.shopify.com"]
    assert (policy["script-src"], policy["style-src"]) == (places, places)


def test_no_page_carries_a_script_or_style_of_its_own(merchant: Merchant) -> None:
    page = merchant.open().text
    # A block of JSON is data: no browser runs it.
    scripts = [tag for tag in re.findall(r"<script[^>]*>", page) if "application/json" not in tag]
    assert all("src=" in tag for tag in scripts)
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)


def test_app_bridge_is_the_first_script_and_blocks(merchant: Merchant) -> None:
    first = re.search(r"<script[^>]*>", merchant.open().text)
    assert first is not None
    assert first[0] == '<script src="http://127.0.0.1:9/static/app-bridge.js">'


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
