"""One customer's page: why they are where they are, what happened, and how to find them."""

from datetime import timedelta

import pytest

from admin_ui import customer_page
from plugin import clock
from plugin.db import session as db
from plugin.db.models import Customer, ForeignChange, Movement, TagChange
from plugin.standing import timeline
from tests.integration.admin_ui.asking import Merchant

ANNA = 7_000_000_000_001


@pytest.fixture
def shop(merchant: Merchant) -> Merchant:
    merchant.add(Customer(shop_id=merchant.shop_id, customer_id=ANNA, country="CA", promoter_score=9))
    return merchant


def happen(merchant: Merchant, count: int) -> None:
    """So many instants, at each of which a tag is written for a movement; now and then somebody takes it off."""
    now = clock.now()
    for number in range(count):
        same = {"shop_id": merchant.shop_id, "customer_id": ANNA, "at": now - timedelta(hours=number)}
        merchant.add(Movement(**same, bit=0, entered=number % 2 == 0, cause="time"))
        merchant.add(TagChange(**same, added=["first-time"], removed=[], outcome="written"))
        if number % 3 == 0:
            merchant.add(ForeignChange(**same, bit=1, added=False))


def test_the_page_tells_facts_segments_and_what_happened(shop: Merchant) -> None:
    happen(shop, 1)
    page = shop.open(f"/app/customers/{ANNA}").get_data(as_text=True)
    for words in (
        "Customer 7000000000001",
        "Canada",
        "9 of 10",
        "First-time",
        "Entered first-time, because time passed",
    ):
        assert words in page
    assert "Somebody else took off the tag repeat" in page


def test_who_is_not_there_can_be_looked_for(shop: Merchant, other_merchant: Merchant) -> None:
    for asking, number in ((shop, 5), (other_merchant, ANNA)):
        answer = asking.open(f"/app/customers/{number}")
        assert answer.status_code == 404
        assert "Find a customer" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("7000000000001", ANNA),
        ("https://admin.shopify.com/store/anna/customers/7000000000001?x=1", ANNA),
        ("gid://shopify/Customer/7000000000001", ANNA),
        ("#7", 7),
        ("anna@example.com", None),
        ("99999999999999999999", None),
        ("", None),
        ("٧", None),
    ],
)
def test_a_number_is_found_in_what_somebody_pastes(written: str, number: int | None) -> None:
    assert customer_page.written_number(written) == number


def test_a_customer_is_found_by_number(shop: Merchant) -> None:
    assert f"/app/customers/{ANNA}" in shop.open("/app/customers", q=str(ANNA)).get_data(as_text=True)
    assert "knows no customer with that number" in shop.open("/app/customers", q="12").get_data(as_text=True)


def test_pieces_put_together_are_all_that_happened_in_order(shop: Merchant) -> None:
    happen(shop, 30)
    address, after, told = f"/app/api/customers/{ANNA}/timeline", "", []
    while after is not None:
        piece = shop.get(address, query_string={"after": after}).get_json()
        told, after = told + piece["events"], piece["after"]
    with db.read() as session:
        whole = timeline.events(session, shop.shop_id, ANNA, 1_000)
    assert len(told) == 30 + 30 + 10
    assert [each["at"] for each in told] == [each.place.at.isoformat() for each in whole]
    assert [each["kind"] for each in told[:3]] == ["foreign", "written", "entered"]


@pytest.mark.parametrize("after", ["1", "1-2", "1-3-1", "a-0-1", "1-0-1; drop", "1-0-9999999999999999999"])
def test_a_piece_that_cannot_be_asked_for_is_refused(shop: Merchant, after: str) -> None:
    answer = shop.get(f"/app/api/customers/{ANNA}/timeline", query_string={"after": after})
    assert answer.status_code == 422


def test_those_who_moved_lately_are_listed_once(shop: Merchant) -> None:
    happen(shop, 5)
    shop.add(
        Movement(
            shop_id=shop.shop_id, customer_id=8, at=clock.now() - timedelta(days=9), bit=0, entered=True, cause="time"
        )
    )
    with db.read() as session:
        assert list(timeline.moved_lately(session, shop.shop_id, clock.now(), 10)) == [ANNA]


def test_the_next_change_is_said(shop: Merchant) -> None:
    assert "Nothing changes here by itself" in shop.open(f"/app/customers/{ANNA}").get_data(as_text=True)
