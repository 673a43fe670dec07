"""The pages for everybody, and the figures for nobody but this machine."""

import re

import pytest
from flask.testing import FlaskClient

from admin_ui import content_policy
from plugin.app import create_app
from tests.integration.admin_ui.asking import Merchant

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("path", ["/privacy", "/support"])
def test_a_public_page_has_no_script_and_nobody_may_frame_it(client: FlaskClient, path: str) -> None:
    answer = client.get(path, query_string={"shop": "anna.myshopify.com"})
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"] == content_policy.PUBLIC
    assert "frame-ancestors 'none'" in content_policy.PUBLIC
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/privacy", "/support"])
def test_a_public_page_names_the_operator_and_their_address(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
    assert "Regular People Ltd" in page
    assert 'href="mailto:help@regular-people.org"' in page
    assert 'href="/privacy"' in page
    assert '<html lang="en">' in page
    assert page.count("<h1>") == 1


def test_the_front_door_leads_to_help(client: FlaskClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/support")


def test_the_pages_of_the_app_lead_to_both(merchant: Merchant) -> None:
    page = merchant.open("/app/data").text
    assert 'href="/privacy" target="_blank"' in page
    assert 'href="/support" target="_blank"' in page


def test_this_machine_may_read_the_figures(client: FlaskClient) -> None:
    for address in ("127.0.0.1", "::1"):
        assert client.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code == 200


@pytest.mark.parametrize("address", ["192.0.2.1", "10.0.0.1", "2001:db8::1", ""])
def test_others_may_not(client: FlaskClient, address: str) -> None:
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code == 404


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_whoever_comes_through_a_proxy_may_not(
    client: FlaskClient, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "1")
    for asked in (client, create_app().test_client()):
        assert asked.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404
