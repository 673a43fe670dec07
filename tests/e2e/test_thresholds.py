"""A merchant changes what counts, on the page "Settings", and the tags in the store follow."""

from playwright.sync_api import expect

from tests.e2e.admin import DEFAULT_TAGS, Admin, Watch


def test_opening_the_app_tags_every_customer(fresh: Admin) -> None:
    assert fresh.tags() == DEFAULT_TAGS
    expect(fresh.row("First-time")).to_contain_text("4")
    expect(fresh.row("First-time")).to_contain_text("66.7%")
    expect(fresh.row("High-spender")).to_contain_text("Customers who spent at least $500.00 in the last 365 days")


def test_a_changed_threshold_changes_tags_in_the_store(fresh: Admin) -> None:
    fresh.open_settings()  # with nothing going on: only saving can start the page to follow
    fresh.field("Frequent", "Orders, at least").fill("2")
    fresh.field("At-risk", "Days since last order, from").fill("120")
    fresh.save()
    expect(fresh.page.get_by_text("Settings saved")).to_be_visible()
    expect(fresh.save_bar()).to_be_hidden()
    fresh.eventually(fresh.tags, {**{k: v for k, v in DEFAULT_TAGS.items() if k != "at-risk"}, "frequent": [102, 103]})
    fresh.open_app()
    expect(fresh.row("Frequent")).to_contain_text("Customers who placed at least 2 orders in the last 90 days")
    expect(fresh.row("Frequent")).to_contain_text("33.3%")


def test_only_the_customers_a_change_concerns_are_written(fresh: Admin) -> None:
    fresh.open_settings()
    before = fresh.store.stats()["mutations"]
    fresh.field("High-spender", "Spend (USD), at least").fill("700")
    fresh.save()
    fresh.eventually(lambda: "high-spender" in fresh.tags(), False)
    fresh.wait_until_right()
    assert fresh.store.stats()["mutations"] - before == 1


def test_discard_brings_the_saved_numbers_back(fresh: Admin) -> None:
    fresh.open_settings()
    field = fresh.field("Lapsed", "Days since last order, at least")
    field.fill("365")
    fresh.discard()
    expect(field).to_have_value("180")
    expect(fresh.save_bar()).to_be_hidden()
    field.fill("190")
    fresh.save()
    expect(fresh.page.get_by_text("Settings saved")).to_be_visible()
    field.fill("365")
    fresh.discard()
    expect(field).to_have_value("190")


def test_a_bad_number_is_refused_at_its_field_and_nothing_is_saved(shared: Admin, watch: Watch) -> None:
    watch.expect("status of 422")
    shared.open_settings()
    field = shared.field("Frequent", "Orders, at least")
    field.fill("many")
    shared.save()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description("Must be a number written in digits, such as 3 or 500.00.")
    expect(shared.save_bar()).to_be_visible()
    shared.discard()
    expect(field).to_have_value("3")
    expect(shared.app.get_by_text("Must be a number")).to_be_hidden()
    shared.open_app()
    expect(shared.row("Frequent")).to_contain_text("at least 3 orders")


def test_everything_works_from_the_keyboard(fresh: Admin) -> None:
    fresh.open_settings()
    first, second = fresh.field("First-time", "Orders, fewer than"), fresh.field("Repeat", "Orders, at least")
    first.focus()
    fresh.page.keyboard.press("Tab")
    expect(second).to_be_focused()
    fresh.page.keyboard.type("3")
    fresh.page.keyboard.press("Enter")
    expect(fresh.page.get_by_text("Settings saved")).to_be_visible()
    fresh.eventually(lambda: fresh.tags()["repeat"], [103])


def test_unsaved_changes_hold_the_merchant_on_the_page(shared: Admin) -> None:
    shared.open_settings()
    field = shared.field("Repeat", "Orders, at least")
    field.fill("3")
    shared.page.get_by_role("link", name="Customers").click()
    expect(field).to_have_value("3")
    shared.discard()
    shared.page.get_by_role("link", name="Customers").click()
    expect(shared.page.get_by_role("heading", name="Customers")).to_be_visible()


def test_typing_a_number_and_taking_it_back_leaves_nothing_to_save(shared: Admin) -> None:
    shared.open_settings()
    field = shared.field("Repeat", "Orders, at least")
    field.fill("3")
    expect(shared.save_bar()).to_be_visible()
    field.fill("2")
    expect(shared.save_bar()).to_be_hidden()
