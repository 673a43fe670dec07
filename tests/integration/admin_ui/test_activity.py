"""The page "Activity" and its JSON: what was done, by any filter, page by page, and decisions about it."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import Customer, ForeignChange, InboxEvent, Run, Shop, TagChange
from plugin.standing import judged_by
from plugin.tagging import tag_changes, undo
from tests.integration.admin_ui.asking import Merchant

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PAGE = 50


def written(merchant: Merchant, number: int, customer: int = 1, **columns: Any) -> TagChange:
    usual = {"added": ["repeat"], "removed": [], "outcome": tag_changes.WRITTEN, "at": clock.now()}
    usual["at"] += timedelta(seconds=number // 2)  # two in a second: pages must not lose one of them
    return TagChange(shop_id=merchant.shop_id, id=number, customer_id=customer, **usual | columns)


def a_run(merchant: Merchant, number: int, state: str = runs.DONE, **position: Any) -> Run:
    at = clock.now() - timedelta(minutes=1) + timedelta(seconds=number)
    finished = None if state == runs.WAITING else at + timedelta(seconds=3)
    usual = {"kind": runs.REFRESH, "state": state, "created_at": at, "started_at": at, "finished_at": finished}
    return Run(shop_id=merchant.shop_id, id=number, position=position, **usual)


def kept(merchant: Merchant) -> dict[str, Any]:
    with db.read() as session:
        return judged_by.now(session, merchant.shop_id)


def waits(merchant: Merchant, number: int = 7) -> Run:
    numbers = {"at": clock.now().isoformat(), "customers": 40, "of": 50, "added": {"frequent": 40}, "removed": {}}
    return a_run(merchant, number, runs.WAITING, numbers=numbers, before=kept(merchant), by=kept(merchant))


def get(merchant: Merchant, path: str, **query: Any) -> Any:
    return merchant.get(f"/app/api/activity/{path}", query_string=query).get_json()


def post(merchant: Merchant, path: str, **options: Any):
    return merchant.client.post(f"/app/api/activity/{path}", headers=merchant.bearer(), **options)


def all_writes(merchant: Merchant, **query: Any) -> list[str]:
    found, after = [], None
    while True:
        page = get(merchant, "writes", **query, **({"after": after} if after else {}))
        found += [line["id"] for line in page["writes"]]
        after = page["more"]
        if after is None:
            return found


def test_pages_show_every_write_once_newest_first(merchant: Merchant) -> None:
    merchant.add(*(written(merchant, number) for number in range(1, 2 * PAGE + 8)))
    assert all_writes(merchant) == [str(number) for number in range(2 * PAGE + 7, 0, -1)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"tag": 'VIP, "ö" 5%_'}, ["3"]),
        ({"tag": "repeat"}, ["5", "4", "2", "1"]),
        ({"customer": "2"}, ["4"]),
        ({"outcome": "refused"}, ["5"]),
        ({"run": "9"}, ["2"]),
        ({"tag": "repeat", "customer": "1"}, ["5", "2", "1"]),
        ({"tag": "peat"}, []),
    ],
)
def test_writes_can_be_asked_for_by(merchant: Merchant, query: dict[str, str], found: list[str]) -> None:
    merchant.add(
        written(merchant, 1),
        written(merchant, 2, run_id=9),
        written(merchant, 3, added=['VIP, "ö" 5%_']),
        written(merchant, 4, customer=2, added=[], removed=["repeat"]),
        written(merchant, 5, outcome=tag_changes.REFUSED, error="250 already"),
    )
    assert all_writes(merchant, **query) == found


@pytest.mark.parametrize("query", [{"customer": "x"}, {"run": "-1"}, {"outcome": "lost"}, {"after": "1e3"}])
def test_a_question_that_makes_no_sense_is_refused_on_its_field(merchant: Merchant, query: dict[str, str]) -> None:
    answer = merchant.get("/app/api/activity/writes", query_string=query)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, list(query))


def test_the_table_holds_the_same_and_no_formula(merchant: Merchant) -> None:
    merchant.add(written(merchant, 1, added=["=1+1"], error="-x"), written(merchant, 2, customer=2))
    answer = merchant.get("/app/api/activity/writes.csv", query_string={"customer": "1"})
    assert 'filename="tag-writes-' in answer.headers["Content-Disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["customer"], row["added"], row["outcome"], row["reason"]) == ("1", "'=1+1", "written", "'-x")


def test_runs_say_why_they_were_and_what_came_of_them(merchant: Merchant) -> None:
    before = kept(merchant)
    segments = merchant.segments()
    segments[0]["name"] = "New ones"
    merchant.save([*segments[:5], {**segments[5], "on": False}])
    by = kept(merchant)
    moved = {"customers": 3, "added": {"0": 2}, "removed": {"5": 3}}
    merchant.add(a_run(merchant, 9, before=before, by=by, moved=moved), written(merchant, 1, run_id=9))
    line = next(line for line in get(merchant, "runs")["runs"] if line["id"] == "9")
    assert line["words"] == ["“New ones” was changed", "“Lapsed” was switched off"]
    assert (line["added"], line["removed"], line["written"]) == ({"first-time": 2}, {"lapsed": 3}, 1)
    assert (line["seconds"], line["why_not"]) == (3, undo.BUSY)


def test_runs_come_in_pages(merchant: Merchant) -> None:
    merchant.add(*(a_run(merchant, number) for number in range(1, 13)))
    first = get(merchant, "runs")
    second = get(merchant, "runs", after=first["more"])
    ids = [line["id"] for page in (first, second) for line in page["runs"]]
    assert (ids, second["more"]) == ([str(number) for number in range(12, 0, -1)], None)


def test_a_waiting_run_is_confirmed_once(merchant: Merchant) -> None:
    merchant.add(waits(merchant))
    assert post(merchant, "runs/7/confirm").status_code == 200
    again = post(merchant, "runs/7/confirm")
    assert (again.status_code, again.get_json()["error"]) == (409, "This change does not wait for you any more.")
    assert post(merchant, "runs/8/confirm").status_code == 404


def test_a_waiting_run_is_declined(merchant: Merchant) -> None:
    merchant.add(waits(merchant))
    assert post(merchant, "runs/7/decline").status_code == 200
    with db.read() as session:
        assert session.get_one(Run, (merchant.shop_id, 7)).position["declined"]
    assert "frequent" in [each["tag"] for each in merchant.segments() if each.get("on") is False]


def test_what_cannot_be_undone_is_said_in_words(merchant: Merchant) -> None:
    merchant.add(a_run(merchant, 9))
    answer = post(merchant, "runs/9/undo")
    assert (answer.status_code, answer.get_json()["error"]) == (409, undo.UNKNOWN)


def test_failures_are_listed_and_tried_again(merchant: Merchant) -> None:
    shop_id, now = merchant.shop_id, clock.now()
    failed = {"topic": "orders/create", "triggered_at": now, "received_at": now, "failed_at": now, "error": "No total"}
    merchant.add(
        InboxEvent(shop_id=shop_id, webhook_id="w", **failed),
        a_run(merchant, 9, runs.FAILED),
        Customer(shop_id=shop_id, customer_id=1, wanted_tags=1, sync_after=now + timedelta(days=1), sync_error="250"),
        Customer(shop_id=shop_id, customer_id=2, wanted_tags=1, declined_tags=1),
        *(ForeignChange(shop_id=shop_id, id=n, customer_id=2, bit=0, added=False, at=now) for n in range(1, 5)),
    )
    found = get(merchant, "failures")
    assert (found["deliveries"], found["delivery_reasons"]) == (1, ["No total"])
    assert [each["customer"] for each in found["refused"]] == ["1"]
    assert [(each["customer"], each["tag"], each["times"]) for each in found["contested"]] == [("2", "first-time", 4)]
    for path in ("deliveries/retry", "tags/retry", "runs/9/retry"):
        assert post(merchant, path).status_code == 200
    assert post(merchant, "customers/2/put-back", json={"tag": "First-Time"}).status_code == 200
    assert post(merchant, "customers/2/put-back", json={"tag": "First-Time"}).status_code == 404
    left = get(merchant, "failures")
    assert (left["deliveries"], left["refused"], left["contested"], left["runs"]) == (0, [], [], [])


def test_the_page_shows_all_of_it_before_any_script(merchant: Merchant) -> None:
    merchant.add(waits(merchant), written(merchant, 1, customer=4711), a_run(merchant, 9, runs.FAILED))
    page = merchant.open("/app/activity").text
    for words in ("A change waits for you", "40 of your 50 customers", "frequent (40)", "4711", "Try again"):
        assert words in page


def test_lists_and_decisions_are_handed_out_piece_by_piece(merchant: Merchant) -> None:
    merchant.add(waits(merchant), *(written(merchant, number) for number in range(1, PAGE + 3)))
    assert "data-more" in merchant.get("/app/activity/writes").text
    assert "data-more" not in merchant.get("/app/activity/writes", query_string={"after": "3"}).text
    assert "A change waits" in merchant.get("/app/activity/decisions").text
    assert "Waits for you" in merchant.get("/app/activity/runs").text


def test_a_shop_that_nothing_was_done_in_is_told_so(merchant: Merchant) -> None:
    page = merchant.open("/app/activity").text
    assert "Nothing yet" in page
    assert "No tags were written yet" in page
    with db.read() as session:
        assert session.get_one(Shop, merchant.shop_id).judged_by is None


def test_a_change_that_waits_is_a_problem_and_no_progress(merchant: Merchant) -> None:
    merchant.add(waits(merchant), Customer(shop_id=merchant.shop_id, customer_id=1, wanted_tags=1))
    status = merchant.get("/app/api/status").get_json()
    assert (status["busy"], status["progress"]) == (False, None)
    assert "40 of your 50 customers" in status["problems"][0]["text"]
