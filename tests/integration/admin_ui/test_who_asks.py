"""A page or an answer is for a verified token only; everybody else is sent to fetch one."""

from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from flask.testing import FlaskClient

from plugin import clock, config
from tests.integration.admin_ui.asking import Merchant, id_token

# Nothing here is about the database: one kind will do.
pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    # The library would like a longer secret for the longer algorithm.
    pytest.mark.filterwarnings("ignore:The HMAC key is"),
]

ANNA = "anna.myshopify.com"
HOUR = 3600


def unsigned(domain: str) -> str:
    claims = jwt.decode(id_token(domain), options={"verify_signature": False})
    return jwt.encode(claims, None, "none")


def signed_with(algorithm: str) -> str:
    claims = jwt.decode(id_token(ANNA), options={"verify_signature": False})
    return jwt.encode(claims, config.current().client_secret, algorithm)


def now() -> int:
    return int(clock.now().timestamp())


BAD_TOKENS = {
    "none at all": lambda: "",
    "no token": lambda: "nonsense",
    "another app's secret": lambda: id_token(ANNA, secret="another-secret-of-more-than-32-bytes-0"),
    "no signature": lambda: unsigned(ANNA),
    "another algorithm": lambda: signed_with("HS512"),
    "too long": lambda: id_token(ANNA, padding="x" * 4_096),
    "expired": lambda: id_token(ANNA, exp=now() - 11, nbf=now() - 71),
    "not valid yet": lambda: id_token(ANNA, nbf=now() + HOUR, exp=now() + 2 * HOUR),
    "another app's": lambda: id_token(ANNA, aud="another-app"),
    "another shop's issuer": lambda: id_token(ANNA, iss="https://boris.myshopify.com/admin"),
    "not a shop": lambda: id_token(ANNA, dest="https://anna.example.com", iss="https://anna.example.com/admin"),
    "a shop's name as a part": lambda: id_token("anna.myshopify.com.example.com"),
    "no shop": lambda: id_token(ANNA, dest=None),
    "no end": lambda: id_token(ANNA, exp=None),
}


@pytest.fixture(params=BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def bad_token(request: pytest.FixtureRequest, merchant: Merchant) -> str:
    token: str = request.param()
    return token


def test_a_page_without_a_good_token_is_sent_to_fetch_one(client: FlaskClient, bad_token: str) -> None:
    answer = client.get("/app", query_string={"shop": ANNA, "id_token": bad_token, "locale": "en"})
    target = urlsplit(answer.headers["Location"])
    wanted = urlsplit(parse_qs(target.query)["shopify-reload"][0])
    assert (answer.status_code, target.path, wanted.path) == (302, "/app/patch-id-token", "/app")
    assert parse_qs(wanted.query)["locale"] == ["en"]
    assert "id_token" not in answer.headers["Location"]


def test_a_fetch_without_a_good_token_is_told_to_try_again(client: FlaskClient, bad_token: str) -> None:
    headers = {"Authorization": f"Bearer {bad_token}"}
    for answer in (
        client.get("/app/api/status", headers=headers),
        client.get("/app/api/segments", headers=headers),
        client.put("/app/api/segments", headers=headers, json={"segments": []}),
    ):
        assert answer.status_code == 401
        assert answer.headers["X-Shopify-Retry-Invalid-Session-Request"] == "1"
        assert list(answer.get_json()) == ["error"]


def test_a_fetch_does_not_take_the_token_from_the_address(client: FlaskClient, merchant: Merchant) -> None:
    answer = client.get("/app/api/status", query_string={"id_token": id_token(merchant.domain)})
    assert answer.status_code == 401


def test_a_token_that_stays_bad_ends_in_a_message_and_not_in_a_circle(client: FlaskClient) -> None:
    bounced = client.get("/app", query_string={"shop": ANNA, "id_token": "bad"}).headers["Location"]
    reload = parse_qs(urlsplit(bounced).query)["shopify-reload"][0]
    answer = client.get(f"{reload}&id_token=bad")
    assert answer.status_code == 401
    assert "Shopify could not confirm who is asking" in answer.text


def test_an_old_bounce_does_not_keep_a_page_from_being_loaded_again(client: FlaskClient) -> None:
    answer = client.get("/app", query_string={"shop": ANNA, "bounced_at": str(now() - 60)})
    assert answer.status_code == 302


def test_the_bounce_page_loads_app_bridge_and_nothing_else(client: FlaskClient) -> None:
    answer = client.get("/app/patch-id-token", query_string={"shop": ANNA, "shopify-reload": f"/app?shop={ANNA}"})
    assert answer.status_code == 200
    assert answer.text.count("<script") == 1
    assert 'src="http://127.0.0.1:9/static/app-bridge.js"' in answer.text


@pytest.mark.parametrize(
    "target",
    ["", "https://evil.example/app", "//evil.example/app", "/elsewhere", "/apple", "/app/patch-id-token?x=1"],
)
def test_the_bounce_page_leads_nowhere_but_to_our_own_pages(client: FlaskClient, target: str) -> None:
    answer = client.get("/app/patch-id-token", query_string={"shop": ANNA, "shopify-reload": target})
    assert answer.status_code == 404


def test_no_answer_sets_a_cookie(merchant: Merchant) -> None:
    answers = [merchant.open(), merchant.get("/app/api/status"), merchant.save(merchant.segments())]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert not any("Set-Cookie" in answer.headers for answer in answers)
