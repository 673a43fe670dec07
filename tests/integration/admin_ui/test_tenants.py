"""A merchant sees and changes the shop of their token, whatever else a request says."""

from plugin import clock
from plugin.db import session as db
from plugin.db.models import Customer, InboxEvent, Run, Shop
from plugin.segments import presets
from tests.integration.admin_ui.asking import Merchant


def test_nothing_of_another_shop_is_shown(merchant: Merchant, other_merchant: Merchant) -> None:
    now, shop_id = clock.now(), other_merchant.shop_id
    other_merchant.add(
        Customer(shop_id=shop_id, customer_id=1, wanted_tags=1),
        Customer(shop_id=shop_id, customer_id=2, wanted_tags=1, sync_after=now.replace(year=2100)),
        Run(shop_id=shop_id, kind="import", state="running", stage="orders", created_at=now, position={}),
        InboxEvent(shop_id=shop_id, webhook_id="w", topic="t", triggered_at=now, received_at=now, failed_at=now),
    )
    status = merchant.get("/app/api/status", query_string={"shop": other_merchant.domain}).get_json()
    assert (status["customers"], status["pending_tags"], status["failed_deliveries"]) == (0, 0, 0)
    assert (status["busy"], status["problems"]) == (False, [])
    assert {line["customers"] for line in status["segments"]} == {0}
    assert other_merchant.get("/app/api/status").get_json()["busy"] is True


def test_saving_changes_no_other_shop(merchant: Merchant, other_merchant: Merchant) -> None:
    only = [{"name": "Only", "tag": "only", "conditions": presets.DEFAULTS[1]["conditions"]}]
    assert merchant.save(only).status_code == 200
    assert [segment["tag"] for segment in merchant.segments()] == ["only"]
    assert len(other_merchant.segments()) == len(presets.DEFAULTS)


def test_the_page_is_the_token_s_shop_and_not_the_address_s(merchant: Merchant, other_merchant: Merchant) -> None:
    merchant.save([{"name": "Annas own", "tag": "own", "conditions": presets.DEFAULTS[1]["conditions"]}])
    assert "Annas own" in merchant.open(shop=other_merchant.domain).text
    assert "Annas own" not in other_merchant.open(shop=merchant.domain).text


def test_a_shop_without_the_app_is_told_so(merchant: Merchant) -> None:
    with db.write() as session:
        session.get_one(Shop, merchant.shop_id).uninstalled_at = clock.now()
    for answer in (merchant.get("/app/api/status"), merchant.get("/app/api/segments"), merchant.save([])):
        assert answer.status_code == 403
    stranger = Merchant(merchant.client, "stranger.myshopify.com", 0)
    assert stranger.get("/app/api/status").status_code == 403
