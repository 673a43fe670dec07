"""Segments that are off: nothing is written before a merchant switches one on, and nobody is kept in an off one."""

import pytest
from click.testing import CliRunner

from plugin import cli, clock, runs
from plugin.db import session as db
from plugin.standing import explanation, preview, segment_store
from tests.integration.admin_ui.asking import Merchant
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, look_into, segment

pytestmark = ON_ONE_DATABASE


@pytest.fixture
def shop(new_shop) -> InstalledShop:
    """Two buyers; the app was opened and has read their history, and nobody has switched anything on."""
    opened = new_shop()
    opened.buyers(2)
    opened.id = look_into(opened.store, opened.handle)
    opened.settle()
    return opened


def merchant(shop: InstalledShop) -> Merchant:
    return Merchant(shop.app.test_client(), shop.domain, shop.id)


def put_on(shop: InstalledShop, bit: int, on: object):
    asking = merchant(shop)
    return asking.client.put(f"/app/api/segments/{bit}/on", json={"on": on}, headers=asking.bearer())


def seen(shop: InstalledShop, *definitions: dict) -> dict[str, tuple[int, int, int]]:
    with db.read() as session:
        wanted = list(definitions) or segment_store.definitions(session, shop.id)
        found = preview.preview(session, shop.id, wanted, clock.now())
    return {each.tag: (each.members, each.entering, each.leaving) for each in found.segments}


def test_installing_writes_nothing_to_the_store(shop):
    (buyer, _) = [row.customer_id for row in shop.customers()]
    shop.buy(buyer)
    shop.settle()
    assert shop.store.tags(shop.handle) == {}
    assert (shop.changes(), [row.wanted_tags for row in shop.customers()]) == ([], [0, 0])
    lines = merchant(shop).get("/app/api/status").get_json()["segments"]
    assert [(line["on"], line["customers"]) for line in lines] == [(False, None)] * 6


def test_a_segment_that_is_switched_on_is_tagged_and_no_other(shop):
    answer = put_on(shop, 0, True)
    assert (answer.status_code, answer.get_json()["changed"]) == (200, True)
    assert answer.get_json()["status"]["segments"][0]["on"] is True
    shop.settle()
    assert {tag: len(who) for tag, who in shop.store.tags(shop.handle).items()} == {"first-time": 2}
    assert put_on(shop, 0, True).get_json()["changed"] is False


def test_a_segment_that_is_switched_off_keeps_its_rule_and_loses_its_tags(shop):
    shop.save_segments(segment("kept"), segment("paused"))
    shop.settle()
    paused = {each.tag: each.bit for each in active(shop)}["paused"]
    assert put_on(shop, paused, False).get_json()["segments"][1] == {**segment("paused"), "on": False}
    shop.settle()
    assert (len(shop.tagged("kept")), shop.tagged("paused")) == (2, [])


def active(shop: InstalledShop):
    with db.read() as session:
        return segment_store.active(session, shop.id)


def test_a_preview_says_what_switching_on_would_do(shop):
    assert seen(shop)["first-time"] == (2, 2, 0)
    assert seen(shop)["repeat"] == (0, 0, 0)


def test_what_is_off_changes_nothing_yet_of_those_it_shares_a_ladder_with(shop):
    shop.buy(shop.customers()[0].customer_id)
    shop.settle()
    ladder = [{**segment(tag, n), "ladder": {"name": "steps", "rank": n}} for n, tag in enumerate(("low", "top"), 1)]
    shop.save_segments(ladder[0], {**ladder[1], "on": False})
    assert seen(shop) == {"low": (2, 0, 0), "top": (1, 1, 0)}
    assert seen(shop, *ladder) == {"low": (1, 0, 1), "top": (1, 1, 0)}


def test_a_preview_of_switching_off_says_who_leaves(shop):
    shop.save_segments(segment("kept"))
    assert seen(shop, {**segment("kept"), "on": False}) == {"kept": (0, 0, 2)}


def test_an_explanation_says_that_the_segment_is_off(shop):
    with db.read() as session:
        found = explanation.explain(session, shop.id, shop.customers()[0].customer_id, clock.now())
    assert {(each.inside, each.waits) for each in found.segments} == {(False, explanation.OFF)}


@pytest.mark.parametrize(("bit", "on", "status"), [(9, True, 404), (60, True, 404), (0, "yes", 422), (0, None, 422)])
def test_what_cannot_be_switched_is_refused(shop, bit, on, status):
    assert put_on(shop, bit, on).status_code == status


def test_a_definition_says_true_or_false_and_nothing_else(shop):
    answer = merchant(shop).save([{**segment("kept"), "on": 1}])
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["segments.0.on"])


def test_the_command_line_switches_by_tag(shop):
    def run(*words: str):
        return CliRunner().invoke(cli.cli, ["segments", *words]).output

    assert run("on", shop.domain, "First-Time").startswith("Saved")
    assert run("on", shop.domain, "first-time") == "It was so already.\n"
    assert run("off", shop.domain, "first-time").startswith("Saved")
    assert "no segment with the tag nobody" in run("on", shop.domain, "nobody")
    assert "'on': false" in run("export", shop.domain)
    assert [run.kind for run in shop.runs()].count(runs.REFRESH) == 1
