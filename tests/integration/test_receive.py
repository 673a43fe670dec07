"""The door Shopify posts to: what is stored, what is refused, and what Shopify is told."""

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from plugin import app, queues
from plugin.db import session as db
from plugin.db.models import InboxEvent
from plugin.db.scope import ALL_SHOPS
from plugin.metrics import DELIVERIES
from tests.support import shop as shops


@pytest.fixture
def client(settings):
    application = app.create_app()
    shops.make_shop()
    return application.test_client()


def stored() -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(InboxEvent).execution_options(**ALL_SHOPS))


def counted(outcome: str) -> float:
    return DELIVERIES.labels(outcome)._value.get()


def signed_with(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def test_a_signed_delivery_is_stored_and_the_shop_woken(client):
    assert shops.post(client, "orders/create", shops.order(1)).status_code == 200
    assert stored() == 1
    assert queues.queue("inbox").count == 1


def test_a_second_delivery_with_the_same_id_is_stored_once(client):
    for _ in range(2):
        answer = shops.post(client, "orders/create", shops.order(1), **{"X-Shopify-Webhook-Id": "same"})
        assert answer.status_code == 200
    assert stored() == 1


def test_the_same_id_from_another_shop_is_another_delivery(client):
    shops.make_shop("other.myshopify.com")
    for domain in (shops.DOMAIN, "other.myshopify.com"):
        shops.post(client, "a/b", {}, **{"X-Shopify-Webhook-Id": "same", "X-Shopify-Shop-Domain": domain})
    assert stored() == 2


@pytest.mark.parametrize("signature", [None, "", "bm8=", "not base64!", "sign\u00e9", "\u2713"])
def test_a_missing_wrong_or_unreadable_signature_is_refused(client, signature):
    answer = shops.post(client, "orders/create", {}, **{"X-Shopify-Hmac-Sha256": signature})
    assert (answer.status_code, stored()) == (401, 0)


def test_the_body_must_be_signed_byte_for_byte(client):
    body = json.dumps(shops.order(1)).encode()
    answer = client.post("/webhooks", data=body + b" ", headers=shops.headers("orders/create", body))
    assert (answer.status_code, stored()) == (401, 0)


def test_the_old_secret_counts_while_it_is_rotated_out(client, settings):
    signature = signed_with(settings.old_client_secret, b"{}")
    assert shops.post(client, "a/b", b"{}", **{"X-Shopify-Hmac-Sha256": signature}).status_code == 200


def test_headers_without_the_x_are_read_as_well(client):
    sent = {name.removeprefix("X-"): value for name, value in shops.headers("a/b", b"{}").items()}
    assert client.post("/webhooks", data=b"{}", headers=sent).status_code == 200
    assert stored() == 1


@pytest.mark.parametrize("missing", ["X-Shopify-Shop-Domain", "X-Shopify-Topic", "X-Shopify-Webhook-Id"])
def test_a_delivery_that_does_not_say_what_it_is_is_refused(client, missing):
    answer = shops.post(client, "orders/create", {}, **{missing: None})
    assert (answer.status_code, stored()) == (400, 0)
    assert missing in answer.text


def test_a_body_over_the_limit_is_refused(client):
    client.application.config["MAX_CONTENT_LENGTH"] = 100
    assert shops.post(client, "a/b", b"x" * 101).status_code == 413
    assert shops.post(client, "a/b", b"x" * 100).status_code == 200
    assert stored() == 1


def test_an_unknown_shop_is_told_200_and_counted(client):
    before = counted("unknown_shop")
    answer = shops.post(client, "a/b", {}, **{"X-Shopify-Shop-Domain": "stranger.myshopify.com"})
    assert (answer.status_code, stored(), counted("unknown_shop")) == (200, 0, before + 1)


def test_without_the_database_shopify_is_asked_to_try_again(client, tmp_path: Path):
    db.configure(f"sqlite:///{tmp_path / 'empty.sqlite3'}")  # no tables: every statement fails
    assert shops.post(client, "a/b", {}).status_code == 503


def test_without_redis_the_delivery_is_stored_and_answered_all_the_same(client, monkeypatch, tmp_path: Path):
    nobody_there = queues.Redis(unix_socket_path=str(tmp_path / "nobody.sock"))
    monkeypatch.setattr(queues, "connection", lambda: nobody_there)
    assert shops.post(client, "orders/create", shops.order(1)).status_code == 200
    assert stored() == 1


def test_only_posts_are_taken(client):
    assert client.get("/webhooks").status_code == 405
