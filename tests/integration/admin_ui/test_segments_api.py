"""Reading and saving thresholds: what is taken, what is refused and where the refusal is put."""

from typing import Any

import pytest
from redis import Redis
from sqlalchemy import func, select

from plugin import queues
from plugin.db import session as db
from plugin.db.models import Run, SegmentVersion
from tests.integration.admin_ui.asking import Merchant

# Nothing here is about the database: one kind will do.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

FREQUENT, HIGH_SPENDER, AT_RISK = 2, 3, 4


def count(table: Any, shop_id: int) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(table).where(table.shop_id == shop_id)) or 0


def test_a_changed_threshold_is_kept_and_starts_a_refresh(merchant: Merchant) -> None:
    segments = merchant.segments()
    segments[FREQUENT]["conditions"][0] |= {"value": 5, "window": 30}
    answer = merchant.save(segments)
    assert (answer.status_code, answer.get_json()["changed"]) == (200, True)
    assert merchant.segments()[FREQUENT]["conditions"][0]["value"] == 5
    line = answer.get_json()["status"]["segments"][FREQUENT]
    assert line["sentence"] == "Customers who placed at least 5 orders in the last 30 days"
    assert answer.get_json()["status"]["busy"] is True
    assert count(Run, merchant.shop_id) == 1
    assert queues.queue("runs").count == 1


def test_saving_what_is_there_already_starts_nothing(merchant: Merchant) -> None:
    versions = count(SegmentVersion, merchant.shop_id)
    answer = merchant.save(merchant.segments())
    assert (answer.status_code, answer.get_json()["changed"]) == (200, False)
    assert count(Run, merchant.shop_id) == 0
    assert count(SegmentVersion, merchant.shop_id) == versions


def test_amounts_come_back_as_the_currency_writes_them(merchant: Merchant) -> None:
    segments = merchant.segments()
    segments[HIGH_SPENDER]["conditions"][0]["value"] = "250"
    saved = merchant.save(segments).get_json()["segments"]
    assert saved[HIGH_SPENDER]["conditions"][0]["value"] == "250.00"


@pytest.mark.parametrize(
    ("position", "change", "field", "message"),
    [
        (FREQUENT, {"value": "many"}, "value", "Must be a number written in digits, such as 3 or 500.00."),
        (FREQUENT, {"value": ""}, "value", "Must be a number written in digits, such as 3 or 500.00."),
        (FREQUENT, {"value": -1}, "value", "Must not be negative."),
        (FREQUENT, {"value": 2.5}, "value", "Must be a whole number."),
        (FREQUENT, {"value": None}, "value", "Field may not be null."),
        (FREQUENT, {"window": 0}, "window", "Must be at least 1 day (a number of days, or lifetime)."),
        (HIGH_SPENDER, {"value": "9.999"}, "value", "decimals, the currency's smallest amount."),
        (AT_RISK, {"value": ["x", 180]}, "value.0", "Must be a number"),
        (AT_RISK, {"value": [90, "x"]}, "value.1", "Must be a number"),
        (AT_RISK, {"value": [180, 90]}, "value.1", "The first number must be smaller than the second."),
        (AT_RISK, {"measure": "moon"}, "measure", "Must be one of"),
    ],
)
def test_a_bad_number_is_refused_at_its_field(
    merchant: Merchant, position: int, change: dict[str, Any], field: str, message: str
) -> None:
    segments = merchant.segments()
    segments[position]["conditions"][0] |= change
    answer = merchant.save(segments)
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [f"segments.{position}.conditions.0.{field}"]
    assert message in answer.get_json()["errors"].popitem()[1]
    assert merchant.segments()[position]["conditions"][0] != segments[position]["conditions"][0]


def test_all_that_is_wrong_is_said_at_once(merchant: Merchant) -> None:
    segments = merchant.segments()
    segments[FREQUENT]["conditions"][0] |= {"value": "x", "window": "y"}
    segments[AT_RISK]["conditions"][0]["value"] = ["x", 1]
    assert len(merchant.save(segments).get_json()["errors"]) == 3


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "segments"),
        ({"segments": 1}, "segments"),
        ({"segments": [1]}, "segments.0._schema"),
        ({"segments": [{"name": "A", "tag": "a"}]}, "segments.0.conditions"),
        ({"segments": [{"name": 1, "tag": "a", "conditions": []}]}, "segments.0.name"),
        ({"segments": [], "shop": "boris.myshopify.com"}, "shop"),
        ([], "_schema"),
    ],
)
def test_a_body_of_another_shape_is_refused(merchant: Merchant, body: Any, path: str) -> None:
    answer = merchant.client.put("/app/api/segments", json=body, headers=merchant.bearer())
    assert answer.status_code == 422
    assert path in answer.get_json()["errors"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"segments": NaN}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"segments": ' + b"9" * 5_000 + b"}", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"segments=1", "application/x-www-form-urlencoded", 415),
        (b" " * 300_000, "application/json", 413),
    ],
)
def test_a_body_that_is_no_json_is_refused(merchant: Merchant, body: bytes, kind: str, status: int) -> None:
    answer = merchant.client.put("/app/api/segments", data=body, content_type=kind, headers=merchant.bearer())
    assert answer.status_code == status
    assert list(answer.get_json()) == ["error"]


def test_without_redis_a_change_is_saved_all_the_same(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "connection", lambda: Redis.from_url("redis://127.0.0.1:9/0"))
    assert merchant.save(merchant.segments()[:1]).status_code == 200
    assert count(Run, merchant.shop_id) == 1
