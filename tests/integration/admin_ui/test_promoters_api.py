"""What the page's API does with promoters: files of answers, the metafield, the secret."""

import pytest

from admin_ui import customers_api
from plugin import runs
from plugin.db import session as db
from plugin.db.models import Customer
from tests.integration.admin_ui.asking import Merchant
from tests.support import stored

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ANNA, BEN = 7_000_000_000_001, 7_000_000_000_002
HEADING = "customer id,score,date\n"


@pytest.fixture
def shop(merchant: Merchant) -> Merchant:
    merchant.add(*(Customer(shop_id=merchant.shop_id, customer_id=number) for number in (ANNA, BEN)))
    return merchant


def upload(merchant: Merchant, content: str | bytes, kind: str = "text/csv"):
    return merchant.client.post("/app/api/promoters", data=content, headers={**merchant.bearer(), "Content-Type": kind})


def choose(merchant: Merchant, **field: object):
    return merchant.client.put("/app/api/promoters/metafield", json=field, headers=merchant.bearer())


def score(merchant: Merchant, customer: int) -> int | None:
    with db.read() as session:
        return session.get_one(Customer, (merchant.shop_id, customer)).promoter_score


def test_a_file_is_taken_in_and_the_report_names_every_bad_line(shop: Merchant) -> None:
    lines = f"{ANNA},9,2026-05-01\n=cmd|'/c calc'!A1,9,2026-05-01\n99,9,2026-05-01\n'{BEN},0,2026-05-01 14:05\n"
    answer = upload(shop, HEADING + lines)
    report = answer.get_json()
    assert answer.status_code == 200
    assert [problem["line"] for problem in report.pop("problems")] == [3, 4]
    assert report == {"lines": 4, "recorded": 2, "older": 0, "unknown_customers": 1, "stopped_at": None}
    assert "cmd" not in answer.text
    assert (score(shop, ANNA), score(shop, BEN)) == (9, 0)
    assert shop.get("/app/api/promoters").get_json()["customers"] == 2


def test_the_same_file_again_changes_nothing_and_is_answered_alike(shop: Merchant) -> None:
    content = f"{HEADING}{ANNA},9,2026-05-01\n{ANNA},3,2026-04-01\n"
    first = upload(shop, content).get_json()
    before = stored.everything()["customers"]
    assert upload(shop, content).get_json() == first
    assert stored.everything()["customers"] == before


def test_a_file_with_email_addresses_only_is_told_what_is_missing(shop: Merchant) -> None:
    answer = upload(shop, "email,score,date\nanna@person.test,9,2026-05-01\n")
    assert answer.status_code == 422
    said = answer.get_json()["errors"]["file"]
    assert '"customer id"' in said
    assert "Email addresses are not enough" in said


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"PK\x03\x04" + bytes(2_000), b"\x00" * 5_000, b'"' * 3_000])
def test_what_is_no_such_file_is_refused_in_words(shop: Merchant, content: bytes) -> None:
    answer = upload(shop, content)
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == ["file"]


def test_a_file_that_is_too_large_or_of_another_kind_is_refused(shop: Merchant) -> None:
    assert upload(shop, HEADING + "x" * customers_api.LARGEST_FILE).status_code == 413
    assert upload(shop, HEADING, "multipart/form-data; boundary=x").status_code == 415
    assert upload(shop, HEADING, "application/json").status_code == 415
    assert shop.client.post("/app/api/promoters", data=HEADING).status_code == 401


def test_a_large_file_is_taken_in_whole(shop: Merchant) -> None:
    answer = upload(shop, HEADING + f"{ANNA},9,2026-05-01\n" * 60_000)
    assert answer.get_json()["recorded"] == 60_000


def test_a_metafield_is_chosen_read_at_once_and_let_go(shop: Merchant) -> None:
    chosen = choose(shop, namespace="custom", key="nps")
    assert chosen.get_json()["metafield"] == {"namespace": "custom", "key": "nps"}
    assert chosen.get_json()["reading"] is True
    with db.read() as session:
        assert runs.newest(session, shop.shop_id, runs.ANSWERS)
    gone = shop.client.delete("/app/api/promoters/metafield", headers=shop.bearer())
    assert gone.get_json()["metafield"] is None


@pytest.mark.parametrize(
    ("field", "part"),
    [
        ({"namespace": "custom", "key": "a b"}, "key"),
        ({"namespace": 'cu"stom', "key": "a"}, "namespace"),
        ({"namespace": "custom"}, "key"),
        ({"namespace": 7, "key": "a"}, "namespace"),
        ({"namespace": "custom", "key": "a", "shop": "x"}, "shop"),
    ],
)
def test_a_name_that_is_no_metafields_is_refused(shop: Merchant, field: dict[str, object], part: str) -> None:
    answer = choose(shop, **field)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [part])


def test_the_page_is_told_where_survey_tools_post(shop: Merchant) -> None:
    told = shop.get("/app/api/promoters").get_json()
    assert told["address"].endswith(f"/promoters/{shop.domain}")
    assert told["secret_made_at"] is None
    made = shop.client.post("/app/api/promoters/secret", headers=shop.bearer()).get_json()
    assert made["secret"].startswith("rgl_")
    assert shop.get("/app/api/promoters").get_json()["secret_made_at"] is not None
