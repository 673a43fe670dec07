"""Names are shown only where the app may show them, asked for at the moment, and kept nowhere."""

import pytest

from dev_store import names
from plugin import config
from plugin.db import session as db
from plugin.db.models import Customer
from plugin.standing import segment_store
from tests.integration.admin_ui.asking import Merchant
from tests.support.installed import ON_ONE_DATABASE, Install, InstalledShop
from tests.support.stored import everything

pytestmark = ON_ONE_DATABASE


@pytest.fixture
def shop(new_shop: Install) -> InstalledShop:
    """Two customers with an order, in the first segment."""
    opened = new_shop()
    opened.buyers(2)
    opened.install()
    return opened


def shown(shop: InstalledShop) -> dict[int, str | None]:
    """Who the page lists, by what they are called there."""
    merchant = Merchant(shop.app.test_client(), shop.domain, shop.id)
    with db.read() as session:
        bit = next(each.bit for each in segment_store.active(session, shop.id) if each.tag == "first-time")
    answer = merchant.get(f"/app/api/segments/{bit}/members")
    assert answer.status_code == 200
    return {int(each["customer"]): each["name"] for each in answer.get_json()["members"]}


def approve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTOMER_NAMES", "true")
    config.load()


def test_without_approval_customers_have_numbers_only(shop: InstalledShop) -> None:
    before = shop.store.stats()["requests"]
    assert set(shown(shop).values()) == {None}
    assert shop.store.stats()["requests"] == before


def test_with_approval_they_have_their_names_and_nothing_is_stored(
    shop: InstalledShop, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    approve(monkeypatch)
    found = shown(shop)
    assert found == {customer: names.of(customer) for customer in found}
    assert len(found) == 2
    kept = repr(everything()) + "".join(capfd.readouterr())
    assert not any(name and name in kept for name in found.values())


def test_when_shopify_does_not_answer_numbers_are_shown(shop: InstalledShop, monkeypatch: pytest.MonkeyPatch) -> None:
    approve(monkeypatch)
    shop.store.fault("500", shop=shop.handle, remaining=20)
    assert set(shown(shop).values()) == {None}


def test_a_customer_who_is_gone_in_shopify_has_a_number(shop: InstalledShop, monkeypatch: pytest.MonkeyPatch) -> None:
    approve(monkeypatch)
    gone = 4_000_000
    with db.write() as session:
        session.add(Customer(shop_id=shop.id, customer_id=gone, wanted_tags=1))
    assert shown(shop)[gone] is None
