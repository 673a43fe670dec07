"""How often may be asked: by shop with a good token, by address without one, and everybody while Redis is away."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from flask.testing import FlaskClient
from limits import RateLimitItemPerMinute

from admin_ui import rate_limits
from plugin import queues
from plugin.app import create_app
from tests.integration.admin_ui.asking import Merchant
from tests.support.shop import order, post

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

STALE = {"Authorization": "Bearer stale"}


@contextmanager
def broken_redis() -> Iterator[tuple[str, list[object]]]:
    """Something at Redis' address that hangs up on everybody, and a list of those it hung up on."""
    asked: list[object] = []

    def hang_up() -> None:
        with suppress(OSError):
            while True:
                caller, address = listener.accept()
                asked.append(address)
                caller.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=hang_up, daemon=True).start()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0", asked


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three a minute of each kind, and no memory of an outage in another test."""
    for name in ("READS", "WRITES", "STRANGERS"):
        monkeypatch.setattr(rate_limits, name, RateLimitItemPerMinute(3))
    monkeypatch.setattr(rate_limits, "_ask_again_at", 0.0)


def test_a_shop_that_reads_too_often_is_told_when_to_come_back(merchant: Merchant) -> None:
    answers = [merchant.get("/app/api/status") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 60
    assert list(answers[3].get_json()) == ["error"]


def test_writes_are_counted_apart_from_reads(merchant: Merchant) -> None:
    definitions = merchant.segments()
    assert [merchant.save(definitions).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert merchant.get("/app/api/status").status_code == 200


def test_one_shop_does_not_use_up_another_s(merchant: Merchant, other_merchant: Merchant) -> None:
    assert [merchant.get("/app/api/status").status_code for _ in range(4)][-1] == 429
    assert other_merchant.get("/app/api/status").status_code == 200


def test_a_page_too_many_is_a_calm_page_in_the_shop_s_frame(merchant: Merchant) -> None:
    answer = [merchant.open() for _ in range(4)][-1]
    assert answer.status_code == 429
    assert "A little too fast" in answer.text
    assert "https://anna.myshopify.com" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("path", "usual"), [("/app", 302), ("/app/data", 302), ("/app/api/status", 401)])
def test_without_a_good_token_the_address_counts(client: FlaskClient, path: str, usual: int) -> None:
    answers = [client.get(path, headers=STALE) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [usual, usual, usual, 429]
    assert int(answers[3].headers["Retry-After"]) >= 1


def test_strangers_at_an_address_do_not_keep_a_merchant_there_out(client: FlaskClient, merchant: Merchant) -> None:
    for _ in range(5):
        client.get("/app/api/status", headers=STALE)
    assert merchant.get("/app/api/status").status_code == 200


def test_an_address_is_believed_only_from_a_trusted_proxy(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def last_of_four(asked: FlaskClient) -> int:
        headers = [{**STALE, "X-Forwarded-For": f"198.51.100.{number}"} for number in range(4)]
        return [asked.get("/app/api/status", headers=each).status_code for each in headers][-1]

    assert last_of_four(client) == 429
    monkeypatch.setenv("TRUSTED_PROXIES", "1")
    assert last_of_four(create_app().test_client()) == 401


def test_while_redis_is_away_everybody_is_let_in_and_it_is_not_asked_again_at_once(
    client: FlaskClient, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with broken_redis() as (url, asked):
        monkeypatch.setenv("REDIS_URL", url)
        queues.connection.cache_clear()
        create_app()
        assert {merchant.get("/app/api/status").status_code for _ in range(6)} == {200}
        assert {client.get("/app/api/status", headers=STALE).status_code for _ in range(6)} == {401}
        assert len(asked) == 1
    queues.connection.cache_clear()


def test_deliveries_are_not_limited(client: FlaskClient, merchant: Merchant) -> None:
    posts = [post(client, "orders/create", order(i), **{"X-Shopify-Shop-Domain": merchant.domain}) for i in range(6)]
    assert {answer.status_code for answer in posts} == {200}
