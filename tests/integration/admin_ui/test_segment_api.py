"""One segment at a time: tried, added, changed and taken away, with two windows open and mistakes made."""

from typing import Any

import pytest
from sqlalchemy import func, select

from plugin import queues
from plugin.db import session as db
from plugin.db.models import Customer, Run, Segment
from tests.integration.admin_ui.asking import Merchant

# Nothing here is about the database: one kind will do.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

REPEAT, FREQUENT, AT_RISK = 1, 2, 4
NEW = {
    "name": "Big",
    "tag": "big",
    "conditions": [{"measure": "spend", "window": 90, "comparison": "at_least", "value": "300"}],
}


def ask(merchant: Merchant, method: str, path: str, body: Any = None, **query: Any) -> Any:
    options = {"json": body} if body is not None else {}
    return merchant.client.open(
        f"/app/api/segments{path}", method=method, headers=merchant.bearer(), query_string=query, **options
    )


def version(merchant: Merchant, bit: int) -> int:
    with db.read() as session:
        return session.get_one(Segment, (merchant.shop_id, bit)).version


def runs(merchant: Merchant) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(Run).where(Run.shop_id == merchant.shop_id)) or 0


def test_one_segment_is_changed_and_the_others_stay(merchant: Merchant) -> None:
    before = merchant.segments()
    changed = {**before[FREQUENT], "name": "Often"}
    answer = ask(merchant, "PUT", "/2", {"version": version(merchant, 2), "segment": changed})
    assert answer.get_json() == {"bit": 2, "version": 2, "segment": changed}
    assert merchant.segments() == [*before[:FREQUENT], changed, *before[FREQUENT + 1 :]]
    assert (runs(merchant), queues.queue("runs").count) == (1, 1)


def test_of_two_windows_the_second_is_told_that_it_is_too_late(merchant: Merchant) -> None:
    seen, segment = version(merchant, 2), merchant.segments()[FREQUENT]
    first = ask(merchant, "PUT", "/2", {"version": seen, "segment": {**segment, "name": "First"}})
    second = ask(merchant, "PUT", "/2", {"version": seen, "segment": {**segment, "name": "Second"}})
    removed = ask(merchant, "DELETE", "/2", version=seen)
    assert [first.status_code, second.status_code, removed.status_code] == [200, 409, 409]
    assert "changed meanwhile" in second.get_json()["error"]
    assert merchant.segments()[FREQUENT]["name"] == "First"


def test_two_windows_with_two_segments_do_not_disturb_each_other(merchant: Merchant) -> None:
    seen = {bit: version(merchant, bit) for bit in (1, 2)}
    before = merchant.segments()
    for bit in (1, 2):
        body = {"version": seen[bit], "segment": {**before[bit], "name": f"Changed {bit}"}}
        assert ask(merchant, "PUT", f"/{bit}", body).status_code == 200
    assert [each["name"] for each in merchant.segments()[1:3]] == ["Changed 1", "Changed 2"]


def test_a_segment_is_added_at_the_end_with_a_place_of_its_own(merchant: Merchant) -> None:
    answer = ask(merchant, "POST", "", {"segment": {**NEW, "on": False}}).get_json()
    assert (answer["bit"], answer["version"]) == (6, 1)
    assert merchant.segments()[-1]["tag"] == "big"
    assert merchant.segments()[-1]["conditions"][0]["value"] == "300.00"


def test_another_tag_makes_another_segment(merchant: Merchant) -> None:
    renamed = {**merchant.segments()[FREQUENT], "tag": "often"}
    answer = ask(merchant, "PUT", "/2", {"version": version(merchant, 2), "segment": renamed}).get_json()
    assert answer["bit"] == 6
    assert [each["tag"] for each in merchant.segments()][FREQUENT] == "often"
    assert ask(merchant, "GET", "/2/members").status_code == 404


def test_a_segment_is_taken_away(merchant: Merchant) -> None:
    assert ask(merchant, "DELETE", "/2", version=version(merchant, 2)).get_json() == {"removed": True}
    assert "frequent" not in [each["tag"] for each in merchant.segments()]
    assert ask(merchant, "DELETE", "/2", version=2).status_code == 404
    assert ask(merchant, "DELETE", "/2").status_code == 422
    assert runs(merchant) == 1


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"name": " "}, "name", "Must not be empty."),
        ({"tag": "repeat"}, "tag", "Is the tag of segment 2 already"),
        ({"tag": "a,b"}, "tag", "Must not contain commas"),
        ({"conditions": [{**NEW["conditions"][0], "value": "x"}]}, "conditions.0.value", "Must be a number"),
        ({"conditions": [{**NEW["conditions"][0], "window": 0}]}, "conditions.0.window", "Must be at least 1 day"),
        ({"ladder": {"name": "L", "rank": 0}}, "ladder.rank", "Must be from 1"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    merchant: Merchant, change: dict[str, Any], field: str, message: str
) -> None:
    before, wrong = merchant.segments(), {**NEW, **change}
    added = ask(merchant, "POST", "", {"segment": wrong})
    put = ask(merchant, "PUT", "/2", {"version": version(merchant, 2), "segment": wrong})
    tried = ask(merchant, "POST", "/preview", {"segment": wrong}).get_json()
    assert (added.status_code, put.status_code, tried["preview"]) == (422, 422, None)
    for errors in (added.get_json()["errors"], put.get_json()["errors"], tried["errors"]):
        assert list(errors) == [field]
        assert errors[field].startswith(message)
    assert merchant.segments() == before


def test_what_the_rule_would_spoil_elsewhere_is_said_with_the_other_s_name(merchant: Merchant) -> None:
    ladder = [{**NEW, "name": f"L{n}", "tag": f"l{n}", "ladder": {"name": "L", "rank": n}} for n in (2, 1)]
    ladder[0]["conditions"] = [{**NEW["conditions"][0], "value": "500"}]
    assert ask(merchant, "POST", "", {"segment": ladder[0]}).status_code == 200
    lower = {**ladder[1], "conditions": [{**NEW["conditions"][0], "value": "600"}]}
    answer = ask(merchant, "POST", "", {"segment": lower})
    assert answer.status_code == 422
    assert answer.get_json()["errors"]["segment"].startswith("L2: Everybody who fits L1 fits this higher step as well")


def test_a_preview_says_who_comes_and_goes_and_saves_nothing(merchant: Merchant) -> None:
    merchant.add(Customer(shop_id=merchant.shop_id, customer_id=2**60, wanted_tags=0))
    body = {"bit": 1, "segment": {**merchant.segments()[REPEAT], "conditions": [
        {"measure": "orders", "window": "lifetime", "comparison": "below", "value": 1}]}}  # fmt: skip
    found = ask(merchant, "POST", "/preview", body).get_json()
    line = next(each for each in found["preview"]["segments"] if each["tag"] == "repeat")
    assert (found["errors"], line["members"], line["entering"], line["leaving"]) == ({}, 1, 1, 0)
    assert (line["some_entering"], found["preview"]["customers"]) == ([str(2**60)], 1)
    assert runs(merchant) == 0


def test_the_whole_set_can_be_tried_too(merchant: Merchant) -> None:
    url, headers = "/app/api/preview", merchant.bearer()
    good = merchant.client.post(url, json={"segments": merchant.segments()[:2]}, headers=headers)
    assert [each["tag"] for each in good.get_json()["segments"]][:2] == ["first-time", "repeat"]
    bad = merchant.client.post(url, json={"segments": [{**NEW, "tag": ""}]}, headers=headers)
    assert (bad.status_code, bad.get_json()["errors"]) == (422, {"segments.0.tag": "Must not be empty."})


def test_doubts_are_said_beside_the_preview(merchant: Merchant) -> None:
    keep = [{**NEW["conditions"][0], "value": "300"}]
    found = ask(merchant, "POST", "/preview", {"segment": {**NEW, "keep": keep}}).get_json()
    assert found["preview"] is not None
    assert found["warnings"]["keep"].startswith("Asks for as much")


def test_what_switching_on_other_segments_would_do_is_not_among_what_a_change_does(merchant: Merchant) -> None:
    merchant.add(Customer(shop_id=merchant.shop_id, customer_id=7, wanted_tags=0))
    nobody = {**NEW["conditions"][0], "measure": "orders", "comparison": "below", "value": 1}
    off = {**NEW, "tag": "off", "conditions": [nobody], "on": False}
    assert ask(merchant, "POST", "", {"segment": off}).status_code == 200
    lines = ask(merchant, "POST", "/preview", {"segment": NEW}).get_json()["preview"]["segments"]
    assert {each["tag"]: each["entering"] for each in lines}["off"] == 0
    tried = ask(merchant, "POST", "/preview", {"bit": 6, "segment": off}).get_json()["preview"]["segments"]
    assert {each["tag"]: each["entering"] for each in tried}["off"] == 1
