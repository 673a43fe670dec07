"""One segment's page: the rule is edited as a sentence, the preview says what it would do, and the store follows."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Locator, expect

from tests.e2e.admin import DEFAULT_TAGS, Admin, Watch
from tests.e2e.conftest import DESKTOP, PHONE

SECONDS = 1_000
REPEAT, FREQUENT, HIGH_SPENDER = 1, 2, 3


def open_segment(admin: Admin, bit: int, name: str) -> FrameLocator:
    admin.page.goto(f"{admin.address}/apps/regulars/app/segments/{bit}")
    expect(admin.app.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(preview(admin)).to_contain_text("customers.")  # once the scripts are there
    return admin.app


def preview(admin: Admin) -> Locator:
    return admin.app.locator("#preview")


def rule(admin: Admin, label: str) -> Locator:
    sentence = admin.app.locator("#conditions")
    typed, chosen = (sentence.get_by_role(kind, name=label, exact=True) for kind in ("textbox", "combobox"))
    return typed.or_(chosen)


def test_a_condition_is_added_and_taken_away_again(fresh: Admin) -> None:
    app = open_segment(fresh, REPEAT, "Repeat")
    app.get_by_label("Add a condition", exact=True).select_option(label="Amount spent")
    expect(rule(fresh, "Amount spent")).to_be_focused()
    rule(fresh, "Amount spent").fill("50")
    expect(preview(fresh)).to_contain_text("0 customers enter, 1 customer leaves.")
    expect(fresh.save_bar()).to_be_visible()
    app.get_by_role("button", name="Remove: Amount spent").click()
    expect(preview(fresh)).to_contain_text("Nobody enters and nobody leaves.")
    expect(fresh.save_bar()).to_be_hidden()
    app.get_by_label("Add a condition", exact=True).select_option(label="Amount spent")
    rule(fresh, "Amount spent").fill("50")
    fresh.save()
    fresh.eventually(lambda: fresh.tags()["repeat"], [103])


def test_a_bad_number_is_refused_at_its_field_and_discard_brings_the_saved_one_back(
    shared: Admin, watch: Watch
) -> None:
    watch.expect("status of 422")
    app = open_segment(shared, FREQUENT, "Frequent")
    field = rule(shared, "Number of orders")
    field.fill("many")
    expect(preview(shared)).to_contain_text("Complete the rule to see what it would do.")
    expect(field).to_have_accessible_description("Must be a number written in digits, such as 3 or 500.00.")
    shared.save()
    expect(field).to_be_focused()
    expect(shared.save_bar()).to_be_visible()
    app.get_by_label("Add a condition", exact=True).select_option(label="Country")
    shared.discard()
    expect(field).to_have_value("3")
    expect(app.locator("#conditions").get_by_role("group")).to_have_count(1)
    expect(preview(shared)).to_contain_text("Nobody enters and nobody leaves.")
    expect(shared.save_bar()).to_be_hidden()
    assert shared.tags() == DEFAULT_TAGS


def test_comparisons_and_times_bring_the_fields_they_need(shared: Admin) -> None:
    app = open_segment(shared, FREQUENT, "Frequent")
    high = rule(shared, "Number of orders, up to")
    expect(high).to_be_hidden()
    rule(shared, "How it is compared: Number of orders").select_option(label="from")
    high.fill("4")
    expect(preview(shared)).to_contain_text("Nobody enters and nobody leaves.")
    rule(shared, "When: Number of orders").select_option(label="at any time")
    expect(rule(shared, "Days: Number of orders")).to_be_hidden()
    rule(shared, "Number of orders").fill("1")
    expect(preview(shared)).to_contain_text("5 customers enter")
    app.get_by_label("Add a condition", exact=True).select_option(label="Marketing consent")
    expect(preview(shared)).to_contain_text("1 customer leaves")
    shared.discard()


def test_of_two_windows_the_second_is_told(fresh: Admin, watch: Watch, visit: Callable[..., Admin]) -> None:
    watch.expect("status of 409")
    other = visit(fresh.handle)
    for admin, value in ((fresh, "4"), (other, "5")):
        open_segment(admin, FREQUENT, "Frequent")
        rule(admin, "Number of orders").fill(value)
    fresh.save()
    expect(fresh.page.get_by_text("Saved", exact=True)).to_be_visible()
    other.save()
    expect(other.app.locator("#form-error > span")).to_contain_text("This segment was changed meanwhile")
    expect(other.save_bar()).to_be_visible()


def test_switching_off_takes_the_tag_off_and_on_brings_it_back(fresh: Admin) -> None:
    app = open_segment(fresh, HIGH_SPENDER, "High-spender")
    app.get_by_role("switch", name="Switched on").click()
    fresh.eventually(lambda: "high-spender" in fresh.tags(), False)
    expect(preview(fresh)).to_contain_text("1 customer enters", timeout=10 * SECONDS)
    app.get_by_role("switch", name="Switched on").click()
    fresh.eventually(fresh.tags, DEFAULT_TAGS)
    rule(fresh, "Amount spent").fill("700")
    fresh.save()
    fresh.eventually(lambda: "high-spender" in fresh.tags(), False)


def test_its_customers_are_sorted_explained_and_downloaded(shared: Admin, tmp_path: Path) -> None:
    app = open_segment(shared, 0, "First-time")
    rows = app.locator("#members s-table-row")
    expect(rows).to_have_count(4)
    app.get_by_label("Sort by").select_option(label="Highest spend first")
    expect(rows.first).to_contain_text("Customer 106")
    expect(rows.first).to_contain_text("$600.00")
    app.get_by_role("button", name="Why Customer 106 is in it").click()
    expect(app.get_by_role("dialog", name="Why")).to_be_visible()
    expect(app.locator("#why")).to_contain_text("placed exactly 1 order: 1 order in all")
    shared.page.keyboard.press("Escape")
    with shared.page.expect_download() as download:
        app.get_by_role("button", name="Download CSV").click()
    text = Path(download.value.path()).read_text()
    found = {row["customer"]: (row["orders"], row["spend"]) for row in csv.DictReader(io.StringIO(text))}
    rows.first.get_by_role("link", name="In Shopify").click()
    expect(shared.page.get_by_role("heading", name="Customer 106")).to_be_visible()
    assert found == {"101": ("1", "50.00"), "104": ("1", "30.00"), "105": ("1", "30.00"), "106": ("1", "600.00")}


def test_a_preset_is_filled_in_and_added(fresh: Admin) -> None:
    fresh.page.goto(f"{fresh.address}/apps/regulars/app/segments/new?preset=high-spender")
    app = fresh.app
    expect(app.get_by_role("heading", name="New segment")).to_be_visible()
    app.get_by_label("Name", exact=True).fill("Biggest")
    app.get_by_label("Tag", exact=True).fill("biggest")
    app.get_by_role("switch", name="Switch it on at once").click()
    app.get_by_role("button", name="Add segment").click()
    expect(app.get_by_role("heading", name="Biggest", level=1)).to_be_visible(timeout=10 * SECONDS)
    fresh.eventually(lambda: "biggest" in fresh.tags(), True)
    app.get_by_role("button", name="Remove", exact=True).click()
    app.get_by_role("button", name="Remove segment").click()
    expect(app.get_by_role("heading", name="Regulars", level=1)).to_be_visible()
    fresh.eventually(fresh.tags, DEFAULT_TAGS)


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everything_fits_the_screen(shared_shop: str, visit: Callable[..., Admin], screen: dict[str, object]) -> None:
    admin = visit(shared_shop, **screen)
    app = open_segment(admin, FREQUENT, "Frequent")
    for heading in ("Who is in it", "Name and tag", "Who came and went in the last 30 days", "Customers"):
        expect(app.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    app.get_by_label("Add a condition", exact=True).select_option(label="Number of orders, of certain products")
    for frame in admin.page.frames:
        content, width = frame.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert content <= width
