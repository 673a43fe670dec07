"""A merchant who leaves, or pauses, gets all of our tags taken off, and only ours; and the right ones back."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plugin import cli, clock
from plugin.db import session as db
from plugin.tagging import switch
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, open_app, segment


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.cli, ("tags", *words))


def carried(shop: InstalledShop) -> dict[int, list[str]]:
    """Every customer's tags in the store."""
    return {customer["id"]: sorted(customer["tags"]) for customer in shop.store.customers(shop.handle)}


def before_us(shop: InstalledShop) -> int:
    """The customer who carried a tag like ours before the app came."""
    return min(carried(shop))


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def full(new_shop) -> InstalledShop:
    """Five buyers: one had a tag like ours before us, one carries a merchant's own, one bought often."""
    shop = new_shop()
    before_us, with_own, often, *_ = shop.buyers(5)
    shop.store.tag_customer(shop.handle, before_us, add=["first-time"])
    shop.store.tag_customer(shop.handle, with_own, add=["wholesale", "first-time buyers"])
    for _ in range(2):
        shop.buy(often, price="300.00")
    shop.install()
    assert {tag for tags in carried(shop).values() for tag in tags} >= {"first-time", "repeat", "frequent"}
    return shop


def test_all_tags_of_ours_go_and_come_back_and_no_others_are_touched(full, tmp_path):
    before, report = carried(full), tmp_path / "removed.csv"
    told = run("remove", full.domain, "--report", str(report))
    assert (told.exit_code, "Done." in told.output) == (0, True), told.output
    after = carried(full)
    assert [*after.values()] == [["first-time"], ["first-time buyers", "wholesale"], [], [], []]
    listed = {int(row["customer"]): sorted(row["tags"].split(", ")) for row in read(report)}
    assert listed == {who: gone for who in before if (gone := sorted(set(before[who]) - set(after[who])))}
    assert "It was so already." in run("remove", full.domain, "--report", str(report)).output
    assert len(read(report)) == len(listed)
    assert run("restore", full.domain).exit_code == 0
    assert carried(full) == before
    with db.read() as session:
        assert list(switch.removed(session, full.id)) == []


@ON_ONE_DATABASE
def test_what_happens_while_tags_are_off_adds_none_and_counts_afterwards(full):
    run("remove", full.domain)
    newcomer = full.buy()["customer"]["id"]
    again = full.store.customers(full.handle)[-2]["id"]
    full.buy(again)
    full.settle()
    full.save_segments(segment("repeat", orders=2), segment("paused"))
    full.settle()
    assert (full.tagged("first-time"), full.tagged("repeat"), full.tagged("paused")) == ([before_us(full)], [], [])
    assert run("restore", full.domain).exit_code == 0
    assert full.tags(newcomer) == ["paused"]
    assert full.tags(again) == ["paused", "repeat"]
    assert (full.tagged("first-time"), full.tagged("frequent")) == ([before_us(full)], [])


@pytest.mark.parametrize("kind", ["cut", "503"])
def test_tags_whose_answer_was_lost_go_as_well(full, kind):
    newcomer = full.buy()["customer"]["id"]
    full.drain()
    full.store.fault(kind, shop=full.handle, after=True, remaining=3)
    full.sync()
    assert (full.tags(newcomer), full.customer(newcomer).applied_tags) == (["first-time"], 0)
    full.store.clear_faults()
    assert run("remove", full.domain).exit_code == 0
    assert full.tags(newcomer) == []
    assert all(row.applied_tags == row.unsure_tags == 0 for row in full.customers())


@ON_ONE_DATABASE
def test_a_removal_killed_half_way_goes_on(full, monkeypatch, tmp_path):
    monkeypatch.setenv("LEASE_SECONDS", "2")
    tagged = set(full.tagged("first-time")) - {before_us(full)}
    full.store.fault("timeout", shop=full.handle, after=True, remaining=1, seconds=20)
    command = [sys.executable, "-m", "plugin.cli", "tags", "remove", full.domain]
    removing = subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while len(full.tagged("first-time")) > 1 and time.monotonic() < deadline:
        time.sleep(0.02)
    removing.send_signal(signal.SIGKILL)
    removing.wait()
    assert any(row.unsure_tags for row in full.customers())
    report = tmp_path / "removed.csv"
    assert run("remove", full.domain, "--report", str(report)).exit_code == 0
    assert all(row.applied_tags == row.unsure_tags == 0 for row in full.customers())
    assert {int(row["customer"]) for row in read(report)} >= tagged


@ON_ONE_DATABASE
def test_a_shop_that_refuses_us_is_reported_with_what_was_done(full, tmp_path):
    full.store.fault("402", shop=full.handle, rate=1.0)
    report = tmp_path / "removed.csv"
    told = run("remove", full.domain, "--report", str(report))
    assert told.exit_code == 1
    assert "402" in told.output
    assert read(report) == []
    full.store.clear_faults()
    full.store.set_clock("+3700")
    full.settle()
    assert run("remove", full.domain, "--report", str(report)).exit_code == 0
    assert len(read(report)) >= 3


@ON_ONE_DATABASE
def test_a_customer_who_has_no_room_for_their_tags_is_counted_and_the_others_get_theirs(full):
    before = carried(full)
    run("remove", full.domain)
    *_, crowded = before
    full.store.tag_customer(full.handle, crowded, add=[f"theirs-{i}" for i in range(250)])
    told = run("restore", full.domain)
    assert told.exit_code == 1
    assert "1 customers" in told.output
    after = carried(full)
    assert {who: tags for who, tags in after.items() if who != crowded} == {
        who: tags for who, tags in before.items() if who != crowded
    }


@ON_ONE_DATABASE
def test_an_import_under_way_is_brought_to_its_end_first(new_shop):
    shop = new_shop()
    (buyer,) = shop.buyers(1)
    shop.id = open_app(shop.store, shop.handle)
    assert run("remove", shop.domain).exit_code == 0
    assert (shop.tags(buyer), shop.runs()[0].state) == ([], "done")
    assert run("restore", shop.domain).exit_code == 0
    assert shop.tags(buyer) == ["first-time"]


@ON_ONE_DATABASE
def test_a_shop_that_left_is_told_that_it_is_too_late(full):
    full.store.uninstall(full.handle)
    full.settle()
    for word in ("remove", "restore"):
        told = run(word, full.domain)
        assert (told.exit_code, "removed the app" in told.output) == (1, True)
    assert "No shop" in run("remove", "nobody.myshopify.com").output


@ON_ONE_DATABASE
def test_a_tag_that_a_spreadsheet_takes_for_a_formula_is_text_in_the_report(full, tmp_path):
    full.save_segments(segment("=1+1"))
    full.settle()
    report = tmp_path / "removed.csv"
    run("remove", full.domain, "--report", str(report))
    last = read(report)[-1]
    assert last["tags"] == "'=1+1"
    assert last["removed_at"].startswith(f"{clock.now():%Y-%m-%d}")
