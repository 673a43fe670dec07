"""A customer's pins through the page's API."""

from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from plugin import clock
from plugin.db.models import Customer
from tests.integration.admin_ui.asking import Merchant
from tests.support import stored

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ANNA = 7_000_000_000_001
PATH = f"/app/api/customers/{ANNA}/pins"


@pytest.fixture
def shop(merchant: Merchant) -> Merchant:
    merchant.add(Customer(shop_id=merchant.shop_id, customer_id=ANNA))
    return merchant


def put(merchant: Merchant, path: str = PATH, **wish: object) -> TestResponse:
    return merchant.client.put(path, json=wish, headers=merchant.bearer())


def test_a_pin_is_put_shown_replaced_and_taken_away(shop: Merchant) -> None:
    until = (clock.now() + timedelta(days=3)).replace(microsecond=0)
    answer = put(shop, tag="repeat", into=True, until=until.isoformat(), note="A friend")
    (pin,) = answer.get_json()["pins"]
    assert (answer.status_code, pin["tag"], pin["into"], pin["note"]) == (200, "repeat", True, "A friend")
    assert (pin["until"], pin["cause"]) == (until.isoformat(), "page")
    put(shop, tag="Repeat", into=False)
    put(shop, tag="lapsed", into=True)
    pins = shop.get(PATH).get_json()["pins"]
    assert [(pin["tag"], pin["into"], pin["until"], pin["note"]) for pin in pins] == [
        ("lapsed", True, None, ""),
        ("repeat", False, None, ""),
    ]
    left = shop.client.delete(PATH, query_string={"tag": "lapsed"}, headers=shop.bearer()).get_json()["pins"]
    assert [pin["tag"] for pin in left] == ["repeat"]
    assert shop.client.delete(PATH, headers=shop.bearer()).get_json() == {"pins": []}


WISHES = {
    "an unknown tag": ({"tag": "nothing"}, "tag"),
    "no tag": ({"tag": None}, "tag"),
    "a word for yes": ({"into": "yes"}, "into"),
    "a number for yes": ({"into": 1}, "into"),
    "yesterday": ({"until": "2020-01-01T00:00:00Z"}, "until"),
    "a day": ({"until": "2099-01-01"}, "until"),
    "another age": ({"until": "9999-01-01T00:00:00Z"}, "until"),
    "a long note": ({"note": "x" * 201}, "note"),
    "two lines": ({"note": "a\nb"}, "note"),
    "half a character": ({"note": "\ud800"}, "note"),
    "something else": ({"customer_id": 7}, "customer_id"),
}


@pytest.mark.parametrize("name", WISHES)
def test_what_cannot_be_pinned_is_refused_by_its_path(shop: Merchant, name: str) -> None:
    wish, path = WISHES[name]
    answer = put(shop, **({"tag": "repeat", "into": True} | wish))
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [path])
    assert stored.everything()["pins"] == []


@pytest.mark.parametrize("number", [99, 0, 2**63 - 1, 2**63, 10**4_200, -1])
def test_of_a_customer_nobody_knows_there_are_no_pins(shop: Merchant, number: int) -> None:
    path = f"/app/api/customers/{number}/pins"
    answers = [
        shop.get(path),
        put(shop, path, tag="repeat", into=True),
        shop.client.delete(path, headers=shop.bearer()),
    ]
    assert {answer.status_code for answer in answers} == {404}


def test_another_shops_customer_cannot_be_pinned(shop: Merchant, other_merchant: Merchant) -> None:
    assert put(other_merchant, tag="repeat", into=True).status_code == 404
    assert stored.everything()["pins"] == []


def test_a_note_is_not_written_to_the_log(shop: Merchant, capsys: pytest.CaptureFixture[str]) -> None:
    put(shop, tag="repeat", into=True, note="met her at the fair")
    seen = capsys.readouterr()
    assert "fair" not in seen.out + seen.err
