"""The door of survey tools: whoever has the shop's secret is heard, nobody else; the same again changes nothing."""

import hmac
import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limits import RateLimitItemPerMinute
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from admin_ui import rate_limits, survey_api
from plugin import app as application
from plugin import clock, queues
from plugin.db import session as db
from plugin.db.models import Customer, Shop
from plugin.shop import survey_secret, tokens
from tests.integration.admin_ui.asking import Merchant
from tests.support import forgeries, stored

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ANNA, BEN = 7_000_000_000_001, 7_000_000_000_002
BODY = b'{"answers": [{"customer": 7000000000001, "score": 9}]}'
NINE = {"customer": ANNA, "score": 9}


class Tool:
    """A survey tool of one shop."""

    def __init__(self, merchant: Merchant) -> None:
        self.client, self.domain = merchant.client, merchant.domain
        made = merchant.client.post("/app/api/promoters/secret", headers=merchant.bearer())
        self.secret: str = made.get_json()["secret"]

    def send(self, *answers: Any, at: datetime | None = None, **changes: str) -> TestResponse:
        return self.post(json.dumps({"answers": answers}).encode(), at, **changes)

    def post(
        self, body: bytes, at: datetime | None = None, kind: str = "application/json", **changes: str
    ) -> TestResponse:
        stamp = changes.get("stamp", str(int((at or clock.now()).timestamp())))
        signature = changes.get("signature", survey_secret.sign(changes.get("secret", self.secret), stamp, body))
        headers = {"Regulars-Timestamp": stamp, "Regulars-Signature": signature, "Content-Type": kind}
        path = f"/promoters/{changes.get('domain', self.domain)}"
        return self.client.post(path, data=changes.get("sent", body), headers=headers)


@pytest.fixture
def tool(merchant: Merchant) -> Tool:
    merchant.add(*(Customer(shop_id=merchant.shop_id, customer_id=number) for number in (ANNA, BEN)))
    return Tool(merchant)


def scores(merchant: Merchant) -> list[int | None]:
    with db.read() as session:
        return [session.get_one(Customer, (merchant.shop_id, number)).promoter_score for number in (ANNA, BEN)]


def test_a_signed_answer_is_recorded_whether_the_number_is_a_number_a_text_or_a_gid(
    merchant: Merchant, tool: Tool
) -> None:
    first = tool.send(NINE, {"customer": f"gid://shopify/Customer/{BEN}", "score": "3"})
    assert (first.status_code, first.get_json()) == (200, {"recorded": 2, "older": 0, "unknown_customers": []})
    assert scores(merchant) == [9, 3]
    assert tool.send({"customer": str(ANNA), "score": 8.9}).status_code == 200
    assert scores(merchant) == [8, 3]


def test_the_same_request_again_is_answered_alike_and_changes_nothing(merchant: Merchant, tool: Tool) -> None:
    stamp = str(int(clock.now().timestamp()))
    first = tool.send(NINE, {"customer": 99, "score": 1}, stamp=stamp)
    before = stored.everything()["customers"]
    again = tool.send(NINE, {"customer": 99, "score": 1}, stamp=stamp)
    assert first.get_json() == again.get_json() == {"recorded": 1, "older": 0, "unknown_customers": [1]}
    assert stored.everything()["customers"] == before


def test_an_answer_says_when_it_was_given_and_an_older_one_does_not_replace_it(merchant: Merchant, tool: Tool) -> None:
    assert tool.send(NINE | {"answered_at": "2026-01-02T10:00:00+02:00"}).get_json()["recorded"] == 1
    assert tool.send({"customer": ANNA, "score": 1, "answered_at": "2026-01-01T10:00:00Z"}).get_json()["older"] == 1
    assert scores(merchant) == [9, None]


WRONG: dict[str, Callable[[Tool], TestResponse]] = {
    "no headers": lambda tool: tool.client.post(f"/promoters/{tool.domain}", json={"answers": [NINE]}),
    "no signature": lambda tool: tool.send(NINE, signature=""),
    "another secret": lambda tool: tool.send(NINE, secret="rgl_another"),
    "another body": lambda tool: tool.send(NINE, sent='{"answers": []}'),
    "another time": lambda tool: tool.post(BODY, signature=survey_secret.sign(tool.secret, "1790856000", BODY)),
    "no time": lambda tool: tool.post(BODY, signature=hmac.new(tool.secret.encode(), BODY, "sha256").hexdigest()),
    "six minutes ago": lambda tool: tool.send(NINE, at=clock.now() - timedelta(minutes=6)),
    "in six minutes": lambda tool: tool.send(NINE, at=clock.now() + timedelta(minutes=6)),
    "a time of many digits": lambda tool: tool.send(NINE, stamp="9" * 5_000),
    "a time that is none": lambda tool: tool.send(NINE, stamp="-1"),
    "a time in other digits": lambda tool: tool.send(NINE, stamp="\u00b2"),
    "capitals": lambda tool: tool.send(NINE, signature=survey_secret.sign(tool.secret, "1", b"").upper()),
    "a signature that is no ASCII": lambda tool: tool.send(NINE, signature="\u00e9" * 64),
    "another shop": lambda tool: tool.send(NINE, domain="boris.myshopify.com"),
    "no shop": lambda tool: tool.send(NINE, domain="nobody.myshopify.com"),
    "a shop that is none": lambda tool: tool.send(NINE, domain="%00%ff"),
}


@pytest.mark.parametrize("name", WRONG)
def test_whoever_signs_wrong_is_told_the_same_and_changes_nothing(
    tool: Tool, other_merchant: Merchant, name: str
) -> None:
    other_merchant.add(Customer(shop_id=other_merchant.shop_id, customer_id=ANNA))
    before = stored.everything()
    answer = WRONG[name](tool)
    assert (answer.status_code, answer.get_json()) == (401, {"error": survey_api.NOT_SIGNED})
    assert stored.everything() == before


def test_a_new_secret_ends_the_old_one_and_without_any_the_door_is_shut(merchant: Merchant, tool: Tool) -> None:
    new = Tool(merchant)
    assert new.secret != tool.secret
    assert (tool.send(NINE).status_code, new.send(NINE).status_code) == (401, 200)
    merchant.client.delete("/app/api/promoters/secret", headers=merchant.bearer())
    assert new.send(NINE).status_code == 401


def test_a_shop_that_left_is_not_answered_for(merchant: Merchant, tool: Tool) -> None:
    with db.write() as session:
        session.get_one(Shop, merchant.shop_id).uninstalled_at = clock.now()
    assert tool.send(NINE).status_code == 401


def test_the_secret_is_stored_sealed_shown_once_and_survives_a_change_of_keys(
    merchant: Merchant, tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tool.secret not in str(stored.everything())
    assert tool.secret not in merchant.get("/app/api/promoters").text
    with db.read() as session:
        old_keys = tokens.config.current().token_keys
    new_key = Fernet.generate_key().decode()
    monkeypatch.setenv("TOKEN_KEYS", ",".join((new_key, *old_keys)))
    application.start()
    with db.write() as session:
        assert tokens.reencrypt(session) == (1, [])
    monkeypatch.setenv("TOKEN_KEYS", new_key)
    application.start()
    assert tool.send(NINE).status_code == 200
    monkeypatch.setenv("TOKEN_KEYS", Fernet.generate_key().decode())
    application.start()
    assert tool.send(NINE).status_code == 401


def test_a_body_that_is_too_large_or_of_another_kind_is_refused(tool: Tool) -> None:
    assert tool.post(b" " * (survey_api.LARGEST_BODY + 1)).status_code == 413
    assert tool.post(b'{"answers": []}', kind="text/plain").status_code == 415
    for body in (b"", b"{", b"\xff", b"[" * 100_000, b'{"answers": NaN}', b"9" * 5_000):
        assert tool.post(body).status_code == 400


REFUSED = {
    "no answers": ([], "answers"),
    "too many": ([NINE] * 1_001, "answers"),
    "not an answer": ([7], "answers.0._schema"),
    "an address": ([NINE | {"email": "anna@person.test"}], "answers.0.email"),
    "no customer": ([{"score": 9}], "answers.0.customer"),
    "a customer of letters": ([{"customer": "anna@person.test", "score": 9}], "answers.0.customer"),
    "a large customer": ([{"customer": 2**63, "score": 9}], "answers.0.customer"),
    "a true customer": ([{"customer": True, "score": 9}], "answers.0.customer"),
    "eleven": ([NINE, NINE | {"score": 11}], "answers.1.score"),
    "a true score": ([NINE | {"score": True}], "answers.0.score"),
    "null": ([NINE | {"score": None}], "answers.0.score"),
    "a day": ([NINE | {"answered_at": "2026-01-01"}], "answers.0.answered_at"),
    "no offset": ([NINE | {"answered_at": "2026-01-01T10:00:00"}], "answers.0.answered_at"),
    "the future": ([NINE | {"answered_at": "2099-01-01T10:00:00Z"}], "answers.0.answered_at"),
    "all time": ([NINE | {"answered_at": "0001-01-01T00:00:00+23:00"}], "answers.0.answered_at"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_an_answer_is_refused_by_its_path_and_nothing_of_it_is_recorded(tool: Tool, name: str) -> None:
    sent, path = REFUSED[name]
    before = stored.everything()
    answer = tool.send(*sent)
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [path]
    assert "person.test" not in answer.text
    assert stored.everything() == before


names = st.sampled_from(["answers", "customer", "score", "answered_at"]) | st.text()
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(names, each, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(documents)
def test_no_json_whatever_is_a_fault_of_ours(tool: Tool, document: Any) -> None:
    queues.connection().flushdb()
    for sent in (document, {"answers": document}, {"answers": [{"customer": document, "score": document}]}):
        assert tool.post(json.dumps(sent).encode()).status_code in (200, 400, 422)


def test_signed_noise_is_no_fault_of_ours(tool: Tool) -> None:
    chance = forgeries.random.Random(20_261_002)
    for body in forgeries.BODIES[1:]:  # what is empty the test client fills for some types
        queues.connection().flushdb()
        for kind in forgeries.TYPES:
            answer = tool.post(body(chance), kind=forgeries.wsgi(kind).replace("\x00", ""))
            assert answer.status_code in (400, 413, 415, 422), kind


def test_a_tool_that_asks_too_often_is_asked_to_wait_and_others_are_not(
    tool: Tool, other_merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "SURVEYS", RateLimitItemPerMinute(3))
    answers = [tool.send(NINE) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "error" in answers[-1].get_json()
    assert Tool(other_merchant).send(NINE).status_code == 200


def test_strangers_who_guess_are_asked_to_wait(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "STRANGERS", RateLimitItemPerMinute(3))
    statuses = [tool.send(NINE, secret="guess").status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]
    assert tool.send(NINE).status_code == 200


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The application behind a real web server."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_example_in_the_documentation_works_as_it_stands(merchant: Merchant, tool: Tool, address: str) -> None:
    guide = (Path(__file__).parents[3] / "docs/promoters.md").read_text()
    body = re.findall(r"```json\n(.*)\n```", guide)[0].encode()
    assert survey_secret.sign("rgl_an-example-that-no-shop-uses", "1790856000", body) in guide
    code: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", guide, re.DOTALL)[0], code)  # noqa: S102 - our own page
    assert code["send"](f"{address}/promoters/{tool.domain}", tool.secret, [NINE])["recorded"] == 1
    assert scores(merchant) == [9, None]
