"""Whoever is not Shopify or a merchant with a good token is told no, calmly, and changes nothing."""

import json
import random
import re
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from urllib.parse import urlsplit

import httpx
import pytest

from plugin import app as application
from plugin import clock, queues
from plugin.db import session as db
from plugin.db.models import Customer, DataRequest, Shop
from plugin.local.stack import Stack
from tests.support import forgeries, looking, stored
from tests.support import shop as shops
from tests.support.installed import ON_ONE_DATABASE

# A key too short for HS512 is what such a forgery has.
pytestmark = pytest.mark.filterwarnings("ignore:The HMAC key is")

REQUESTS, SEED = 2_000, 20_261_001
# Anybody may see these: they tell nothing of any shop.
FOR_EVERYBODY = (
    "/healthz",
    "/readyz",
    "/metrics",
    "/privacy",
    "/support",
    "/app/static/",
    "/app/patch-id-token",
    "/app/api/openapi.json",
)


@pytest.fixture
def client(settings, monkeypatch):
    """The app with two shops and something in each."""
    monkeypatch.setenv("SHOPIFY_URL", "http://127.0.0.1:9")
    client = application.create_app().test_client()
    later = clock.now() + timedelta(days=30)
    for domain in (forgeries.ANNA, forgeries.BORIS):
        shop_id = shops.make_shop(domain)
        with db.write() as session:
            session.get_one(Shop, shop_id).refresh_token_expires_at = later
            data = {"requested_at": clock.now(), "expires_at": later, "content": f'{{"secret of": "{domain}"}}'}
            session.add_all(
                (Customer(shop_id=shop_id, customer_id=1), DataRequest(shop_id=shop_id, customer_id=1, **data))
            )
    return client


@ON_ONE_DATABASE
def test_two_thousand_forged_requests_bring_no_fault_and_no_row(client):
    chance, before = random.Random(SEED), stored.everything()
    answers, let_in = Counter(), set()
    for _ in range(REQUESTS):
        request = forgeries.request(chance, client.application.url_map)
        answer = client.open(**request)
        answers[answer.status_code] += 1
        path = request["environ_overrides"]["PATH_INFO"]
        assert answer.status_code < 500, request
        if answer.status_code < 300 and request["method"] != "OPTIONS" and not path.startswith(FOR_EVERYBODY):
            let_in.add(path)
        answer.close()
    assert let_in == set()
    assert stored.everything() == before
    assert {302, 400, 401, 404, 405, 413} <= answers.keys(), answers
    assert answers[401] > REQUESTS / 10


@ON_ONE_DATABASE
def test_a_forged_token_opens_nothing(client):
    before, chance = stored.everything(), random.Random(SEED)
    views = [rule for rule in client.application.url_map.iter_rules() if rule.rule.startswith("/app/api/")]
    for name, make in forgeries.TOKENS.items():
        bearer = {"HTTP_AUTHORIZATION": forgeries.wsgi(f"Bearer {make(chance)}")}
        queues.connection().flushdb()  # where it is counted how often a stranger asks
        for rule in views:
            path = re.sub("<.*>", "1", rule.rule)
            for method in () if path.startswith(FOR_EVERYBODY) else rule.methods - {"HEAD", "OPTIONS"}:
                answer = client.open(path, method=method, json={"on": False}, environ_overrides=bearer)
                assert (answer.status_code, name, path) == (401, name, path)
    assert stored.everything() == before


@ON_ONE_DATABASE
def test_a_merchants_garbled_bodies_save_nothing(client):
    before, chance = stored.everything(), random.Random(SEED)
    paths = ("segments", "tagging", "promoters/metafield", "customers/1/pins")
    for path, body, kind in product(paths, forgeries.BODIES, forgeries.TYPES):
        queues.connection().flushdb()
        token = forgeries.raw('{"alg":"HS256"}', json.dumps(forgeries.claims()))
        headers = {"HTTP_AUTHORIZATION": f"Bearer {token}", "CONTENT_TYPE": forgeries.wsgi(kind)}
        answer = client.put(f"/app/api/{path}", data=body(chance), environ_overrides=headers)
        assert answer.status_code in (400, 413, 415, 422), (path, kind)
    assert stored.everything() == before


@ON_ONE_DATABASE
def test_answers_nobody_signed_are_not_taken(client):
    before, chance = stored.everything(), random.Random(SEED)
    for body, kind in product(forgeries.BODIES, forgeries.TYPES):
        queues.connection().flushdb()
        stamp = str(int(clock.now().timestamp()))
        signed = {
            "HTTP_REGULARS_TIMESTAMP": stamp,
            "HTTP_REGULARS_SIGNATURE": chance.choice(("0" * 64, "", "x" * 9_000)),
        }
        headers = signed | {"CONTENT_TYPE": forgeries.wsgi(kind)}
        answer = client.post(f"/promoters/{forgeries.ANNA}", data=body(chance), environ_overrides=headers)
        assert answer.status_code in (401, 413), kind
    assert stored.everything() == before


ADDRESSES = [
    "/app/patch-id-token?shopify-reload=/app%00",
    "/app/patch-id-token?shopify-reload=//[",
    "/app/patch-id-token?shopify-reload=http://[::1",
    "/app/patch-id-token?shopify-reload=/app/%0d%0aX:1",
    "/app?shopify-reload=//[&shop=anna.myshopify.com",
    "/app?shop=%ff%fe&id_token=%ff",
    "/app?bounced_at=99999999999999999999",
    "/app/data?shop=anna.myshopify.com%0d%0aX-Injected:1",
    "/app/static/0/%00",
    "/app/static/0/..%2f..%2fapi.py",
    "/app/static/0/" + "a" * 5_000,
    "/app/api/data-requests/" + "9" * 5_000,
    "/app/api/customers/" + "9" * 5_000 + "/pins",
    "/app/api/customers/1/pins?tag=%00%ff",
    "/promoters/%00%ff",
    "/promoters/..%2f..%2fapp",
    "/auth?shop=boris.myshopify.com&hmac=%e9&timestamp=0",
    "/auth?shop=boris.myshopify.com&hmac=0&timestamp=99999999999999999999",
    "/auth/callback?shop=boris.myshopify.com&code=c&hmac=%ff&state=%ff",
    "/?shop=boris.myshopify.com&hmac=x&host=%ff",
    "//evil.example/%2e%2e",
]


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address[:50])
@ON_ONE_DATABASE
def test_an_odd_address_is_no_fault_of_ours(client, address):
    answer = client.get(address, headers={"Host": "a" * 70})
    assert answer.status_code < 500
    assert "X-Injected" not in answer.headers
    assert "evil" not in answer.headers.get("Location", "").partition("?")[0]


HEAD = b"POST /webhooks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
SURVEY = b"POST /promoters/demo.myshopify.com HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
TELEGRAMS = {
    "nothing": b"\r\n\r\n",
    "noise": bytes(range(256)) * 20,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 400,
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no version": b"GET /app\r\n\r\n",
    "a version of the future": b"GET /app HTTP/9.9\r\nHost: x\r\n\r\n",
    "raw bytes in the address": b"GET /app?shop=\xff\xfe\xed\xa0\x80 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a path of raw bytes": b"GET /app/\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "an absolute address": b"GET http://evil.example/app HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "no host": b"GET /app HTTP/1.1\r\nConnection: close\r\n\r\n",
    "a host that is none": b"GET /app/x HTTP/1.1\r\nHost: " + b"a" * 300 + b"\r\nConnection: close\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}{}",
    "a length and chunks": HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n{}",
    "chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks of no size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n",
    "a length far too large": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "half a body": HEAD + b"Content-Length: 100\r\n\r\n{",
    "half an answer": SURVEY + b"Content-Length: 100\r\n\r\n{",
    "answers in chunks": SURVEY + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "answers without end": SURVEY + b"Content-Length: 99999999999\r\n\r\n" + b"[" * 300_000,
    "raw bytes in a signature": SURVEY + b"Regulars-Signature: \xff\xfe\r\nRegulars-Timestamp: \xb2\r\n\r\n",
    "half a header": b"GET /app HTTP/1.1\r\nHost",
    "a folded header": b"GET /app HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n  2\r\nConnection: close\r\n\r\n",
    "a NUL in a header": b"GET /app HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \x00\r\n\r\n",
    "raw bytes in headers": HEAD
    + b"X-Shopify-Hmac-Sha256: \xff\xfe\r\nX-Shopify-Topic: \xe9\r\nContent-Length: 0\r\n\r\n",
    "a thousand headers": b"GET /app HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 1_000 + b"\r\n",
    "a header without end": b"GET /app HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 500_000,
    "an address without end": b"GET /" + b"a" * 500_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long method": b"A" * 5_000 + b" / HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.fixture
def served(tmp_path, monkeypatch) -> Iterator[Stack]:
    """The app's own web server, and this process looking into its database."""
    with Stack(tmp_path) as stack:
        stack.start_redis()
        stack.start_web()
        looking.into(stack, monkeypatch)
        yield stack


def send(url: str, telegram: bytes) -> bytes:
    """Send bytes, say that no more will come, and return what is answered."""
    port = urlsplit(url).port
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        try:
            connection.sendall(telegram)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65_536), b""))
        except OSError:
            return b"cut off"


def test_what_is_no_http_neither_ends_the_server_nor_leaves_a_row(served):
    shops.make_shop()
    before = stored.everything()
    answers = {name: send(served.app_url, telegram).split(b"\r\n")[0] for name, telegram in TELEGRAMS.items()}
    assert {name: line for name, line in answers.items() if line.startswith((b"HTTP/1.1 5", b"HTTP/1.1 200"))} == {}
    assert httpx.get(f"{served.app_url}/healthz").status_code == 200
    assert served.ended() == []
    assert stored.everything() == before
    assert "Traceback" not in served.log("web").read_text(errors="replace")
