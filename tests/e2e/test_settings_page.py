"""A merchant decides what counts, on the page "Settings", and the tags in the store follow."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.admin import DEFAULT_TAGS, Admin, Watch
from tests.e2e.conftest import DESKTOP, PHONE

LAPSED = "Days since last order, at least"


@pytest.fixture
def settings(fresh: Admin) -> Admin:
    """The page of a shop of the test's own."""
    return opened(fresh)


@pytest.fixture
def looking(shared: Admin) -> Admin:
    """The page of a shop in which nothing is saved."""
    return opened(shared)


def opened(admin: Admin) -> Admin:
    admin.open_settings()
    return admin


def saved(admin: Admin) -> None:
    admin.save()
    expect(admin.page.get_by_text("Settings saved")).to_be_visible()
    expect(admin.save_bar()).to_be_hidden()


def box(admin: Admin, label: str) -> Locator:
    return admin.app.get_by_role("checkbox", name=label)


def test_a_changed_threshold_changes_tags_in_the_store(settings: Admin) -> None:
    before = settings.store.stats()["mutations"]
    settings.field("Frequent", "Orders, at least").fill("2")
    settings.field("At-risk", "Days since last order, from").fill("120")
    saved(settings)
    others = {tag: who for tag, who in DEFAULT_TAGS.items() if tag != "at-risk"}
    settings.eventually(settings.tags, {**others, "frequent": [102, 103]})
    settings.wait_until_right()
    assert settings.store.stats()["mutations"] - before == 2  # only whom the change is about


def test_discard_brings_the_saved_numbers_back(settings: Admin) -> None:
    field, prefix = settings.field("Lapsed", LAPSED), settings.app.get_by_label("Prefix of new tags")
    field.fill("365")
    prefix.fill("club-")
    box(settings, "Payment pending").check()
    settings.discard()
    expect(field).to_have_value("180")
    expect(prefix).to_have_value("")
    expect(box(settings, "Payment pending")).not_to_be_checked()
    expect(settings.save_bar()).to_be_hidden()
    field.fill("190")
    saved(settings)
    field.fill("365")
    settings.discard()
    expect(field).to_have_value("190")


def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_saved(looking: Admin, watch: Watch) -> None:
    watch.expect("status of 422")
    field, share = looking.field("Frequent", "Orders, at least"), looking.app.get_by_label("From this share")
    field.fill("many")
    share.fill("0")
    looking.save()
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description("Must be a number written in digits, such as 3 or 500.00.")
    expect(share).to_have_accessible_description("A whole number from 1 to 100.")
    expect(looking.save_bar()).to_be_visible()
    looking.discard()
    expect(field).to_have_value("3")
    expect(looking.app.get_by_text("Must be a number")).to_be_hidden()


def test_everything_works_from_the_keyboard(settings: Admin) -> None:
    first, second = settings.field("First-time", "Orders, fewer than"), settings.field("Repeat", "Orders, at least")
    first.focus()
    settings.page.keyboard.press("Tab")
    expect(second).to_be_focused()
    settings.page.keyboard.type("3")
    settings.page.keyboard.press("Enter")
    expect(settings.page.get_by_text("Settings saved")).to_be_visible()
    settings.eventually(lambda: settings.tags()["repeat"], [103])


def test_unsaved_changes_hold_the_merchant_on_the_page(looking: Admin) -> None:
    field = looking.field("Repeat", "Orders, at least")
    field.fill("3")
    looking.page.get_by_role("link", name="Customers").click()
    expect(field).to_have_value("3")
    field.fill("2")
    expect(looking.save_bar()).to_be_hidden()
    looking.page.get_by_role("link", name="Customers").click()
    expect(looking.page.get_by_role("heading", name="Customers")).to_be_visible()


def test_other_orders_count_once_the_numbers_are_confirmed(settings: Admin) -> None:
    settings.store.place_order(settings.handle, [{"price": "900.00"}], customer=101, financial_status="pending")
    box(settings, "Payment pending").check()
    question = settings.app.locator("#confirm-counting")

    def told() -> str:
        settings.save()
        expect(question.get_by_role("button", name="Cancel")).to_be_visible()
        said = question.get_by_role("listitem").inner_text()
        question.get_by_role("button", name="Cancel").click()
        expect(settings.save_bar()).to_be_visible()
        return said

    settings.eventually(told, "1 order comes to count.")  # the order is on its way to us
    settings.save()
    question.get_by_role("button", name="Change what counts").click()
    expect(settings.page.get_by_text("Settings saved")).to_be_visible()
    settings.eventually(lambda: settings.tags()["high-spender"], [101, 106])
    assert 101 in settings.tags()["repeat"]


def test_all_tags_are_renamed_after_a_look_at_what_that_means(settings: Admin) -> None:
    button = settings.app.get_by_role("button", name="Rename the tags there are …")
    settings.app.get_by_label("Prefix of new tags").fill("club-")
    button.click()
    expect(settings.app.get_by_text("Save the new prefix first.")).to_be_visible()
    saved(settings)
    button.click()
    question = settings.app.locator("#confirm-renaming")
    expect(question.get_by_role("button", name="Cancel")).to_be_visible()
    expect(question).to_contain_text("6 customers get other tags:")
    expect(question).to_contain_text("repeat becomes club-repeat (2 customers)")
    question.get_by_role("button", name="Rename", exact=True).click()
    settings.eventually(settings.tags, {f"club-{tag}": who for tag, who in DEFAULT_TAGS.items()})


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everything_fits_the_screen(
    shared_shop: str, visit: Callable[..., Admin], screen: dict[str, object], tmp_path: Path
) -> None:
    admin = opened(visit(shared_shop, **screen))
    expect(admin.app.get_by_label("Email address of a person")).to_be_visible()
    frame = admin.page.frames[-1]
    content, width = frame.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert content <= width
    admin.page.screenshot(path=tmp_path / "settings.png", full_page=True)
