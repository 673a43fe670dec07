"""Taking all tags off and putting them back, and the list of what was taken off."""

import csv
import io
from datetime import timedelta

import pytest

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import Customer, Run, Shop, TagChange
from tests.integration.admin_ui.asking import Merchant


def switch(merchant: Merchant, on: bool) -> dict[str, object]:
    answer = merchant.client.put("/app/api/tagging", json={"on": on}, headers=merchant.bearer())
    assert answer.status_code == 200
    return answer.get_json()


def end_run(merchant: Merchant) -> None:
    with db.write() as session:
        runs.finish(runs.next_run(session, merchant.shop_id), clock.now())


def written(merchant: Merchant, number: int, customer: int, removed: list[str], **columns: object) -> TagChange:
    usual = {"added": [], "at": clock.now() + timedelta(seconds=number), "outcome": "written"}
    identity = {"shop_id": merchant.shop_id, "id": number, "customer_id": customer}
    return TagChange(**identity, removed=removed, **{**usual, **columns})


def test_switching_off_starts_the_removal_once(merchant: Merchant) -> None:
    first, second = switch(merchant, on=False), switch(merchant, on=False)
    assert (first["changed"], second["changed"]) == (True, False)
    assert (first["status"]["tagging_on"], first["status"]["busy"]) == (False, True)
    assert first["status"]["summary"] == "Your tags are about to be taken off"
    with db.read() as session:
        assert session.get_one(Shop, merchant.shop_id).tagging_off_at is not None


def test_switching_on_again_starts_a_refresh(merchant: Merchant) -> None:
    switch(merchant, on=False)
    answer = switch(merchant, on=True)
    assert (answer["changed"], answer["status"]["tagging_on"]) == (True, True)
    assert switch(merchant, on=True)["changed"] is False


def test_progress_counts_who_is_rid_of_their_tags(merchant: Merchant) -> None:
    merchant.add(*(Customer(shop_id=merchant.shop_id, customer_id=i, applied_tags=i % 2) for i in range(1, 7)))
    switch(merchant, on=False)
    end_run(merchant)
    merchant.add(written(merchant, 1, 2, ["repeat"]), written(merchant, 2, 2, ["frequent"]))
    progress, words = merchant.get("/app/api/status").get_json()["progress"], "Tags taken off 1 of 4 customers"
    assert progress == {"stage": "tags-off", "words": words, "done": 1, "total": 4, "time_left": ""}


def test_tags_are_gone_when_no_customer_carries_one_and_that_is_no_problem(merchant: Merchant) -> None:
    merchant.add(Customer(shop_id=merchant.shop_id, customer_id=1))
    switch(merchant, on=False)
    assert merchant.get("/app/api/status").get_json()["tags_gone"] is False
    end_run(merchant)
    status = merchant.get("/app/api/status").get_json()
    assert (status["tags_gone"], status["problems"]) == (True, [])
    assert status["summary"] == "No customer carries a Regulars tag"
    assert {line["customers"] for line in status["segments"]} == {None}
    assert 'heading="Tags are switched off" >' in merchant.open().text


@pytest.mark.parametrize("columns", [{"sync_after": clock.now().replace(year=2100)}, {}])
def test_tags_are_not_gone_while_one_cannot_be_taken_off(merchant: Merchant, columns: dict[str, object]) -> None:
    merchant.add(Customer(shop_id=merchant.shop_id, customer_id=1, applied_tags=1, **columns))
    switch(merchant, on=False)
    end_run(merchant)
    with db.write() as session:
        session.get_one(Shop, merchant.shop_id).token_error = "401"
    status = merchant.get("/app/api/status").get_json()
    assert (status["tags_gone"], status["busy"]) == (False, False)


def test_the_list_of_removed_tags_is_a_table_for_a_spreadsheet(merchant: Merchant) -> None:
    switch(merchant, on=False)
    merchant.add(
        written(merchant, 1, 103, ["repeat", "frequent"]),
        written(merchant, 2, 104, ["lapsed"], outcome="refused"),
        written(merchant, 3, 105, ["lapsed"], at=clock.now() - timedelta(days=1)),
        written(merchant, 4, 106, []),
    )
    answer = merchant.get("/app/api/removed-tags")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="removed-tags-')
    [row] = csv.DictReader(io.StringIO(answer.text))
    assert (row["customer"], row["tags"]) == ("103", "repeat, frequent")
    assert row["removed_at"].endswith("Z")


@pytest.mark.parametrize("tag", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(merchant: Merchant, tag: str) -> None:
    switch(merchant, on=False)
    merchant.add(written(merchant, 1, 103, [tag]))
    text = merchant.get("/app/api/removed-tags").data.decode()
    [row] = csv.DictReader(io.StringIO(text, newline=""))
    assert row["tags"] == f"'{tag}"


def test_a_long_list_is_complete(merchant: Merchant) -> None:
    switch(merchant, on=False)
    merchant.add(*(written(merchant, i, i, ["repeat"]) for i in range(1, 1_251)))
    rows = list(csv.DictReader(io.StringIO(merchant.get("/app/api/removed-tags").text)))
    assert [int(row["customer"]) for row in rows] == list(range(1, 1_251))


def test_while_tags_are_on_the_list_is_empty(merchant: Merchant) -> None:
    merchant.add(written(merchant, 1, 103, ["repeat"]))
    assert merchant.get("/app/api/removed-tags").text.splitlines() == ["removed_at,customer,tags"]


def test_a_run_of_another_kind_has_words_too(merchant: Merchant) -> None:
    merchant.add(Run(shop_id=merchant.shop_id, kind="new", state=runs.QUEUED, created_at=clock.now(), position={}))
    assert merchant.get("/app/api/status").get_json()["busy"] is True
