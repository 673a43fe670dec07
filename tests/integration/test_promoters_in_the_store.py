"""Promoters end to end: an answer through any door becomes a tag in the store, and expires by time alone."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from plugin import clock
from plugin.db import session as db
from plugin.history import metafields
from plugin.shop import shops, survey_secret
from plugin.standing import promoters
from tests.support import stored
from tests.support.installed import ON_ONE_DATABASE, InstalledShop

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = START + timedelta(days=20)


def of_score(tag: str, low: int, high: int) -> dict:
    answered = {"measure": "promoter_score", "window": 30, "comparison": "between", "value": [low, high]}
    return {"name": tag.capitalize(), "tag": tag, "conditions": [answered]}


@pytest.fixture
def shop(new_shop) -> InstalledShop:
    shop = new_shop()
    shop.store.set_clock(START - timedelta(days=1))
    shop.people = shop.buyers(4)
    shop.store.set_clock(START)
    shop.install()
    shop.save_segments(of_score("promoter", 9, 11), of_score("passive", 7, 9), of_score("detractor", 0, 7))
    shop.settle()
    return shop


def tagged(shop: InstalledShop) -> dict[str, list[int]]:
    return {tag: shop.tagged(tag) for tag in ("promoter", "passive", "detractor")}


def post(shop: InstalledShop, *answers: dict) -> int:
    with db.write() as session:
        secret = survey_secret.renew(shops.get(session, shop.id), clock.now())
    body, stamp = json.dumps({"answers": answers}).encode(), str(int(clock.now().timestamp()))
    headers = {"Regulars-Timestamp": stamp, "Regulars-Signature": survey_secret.sign(secret, stamp, body)}
    path = f"/promoters/{shop.domain}"
    answer = shop.app.test_client().post(path, data=body, headers=headers | {"Content-Type": "application/json"})
    return answer.status_code


def test_answers_through_three_doors_become_tags_and_expire_a_month_later(shop):
    anna, ben, carl, dora = shop.people
    promoters.take_file(shop.id, io.BytesIO(f"customer id,score,date\n{anna},9,2026-05-20T00:00Z\n".encode()))
    assert post(shop, {"customer": ben, "score": 8}, {"customer": dora, "score": 10}) == 200
    shop.store.set_metafield(shop.handle, carl, "custom", "nps", "6", updated_at=START.isoformat())
    with db.write() as session:
        metafields.choose(session, shop.id, ("custom", "nps"))
    shop.settle()
    assert tagged(shop) == {"promoter": [anna, dora], "passive": [ben], "detractor": [carl]}
    shop.store.set_clock(datetime(2026, 6, 19, tzinfo=UTC) - timedelta(seconds=1))
    shop.settle()
    assert shop.tagged("promoter") == [anna, dora]
    shop.store.set_clock(datetime(2026, 6, 19, tzinfo=UTC))
    shop.settle()
    assert shop.tagged("promoter") == [dora]
    shop.store.set_clock(START + timedelta(days=30))
    shop.settle()
    assert tagged(shop) == {"promoter": [], "passive": [], "detractor": []}


@ON_ONE_DATABASE
def test_the_last_answer_moves_a_customer_and_the_movement_says_why(shop):
    anna = shop.people[0]
    post(shop, {"customer": anna, "score": 10})
    shop.settle()
    shop.store.set_clock(LATER)
    post(shop, {"customer": anna, "score": 2}, {"customer": anna, "score": 9, "answered_at": START.isoformat()})
    shop.settle()
    assert tagged(shop) == {"promoter": [], "passive": [], "detractor": [anna]}
    causes = {row["cause"] for row in movements(shop, anna) if row["at"] == LATER}
    assert causes == {"answer"}


def movements(shop: InstalledShop, customer: int) -> list[dict]:
    return [row for row in stored.everything()["movements"] if row["customer_id"] == customer]
