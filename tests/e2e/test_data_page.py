"""The page "Data and permissions": what is allowed, how far back we see, downloads, and leaving."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Download, Locator, expect

from dev_store.client import DevStoreClient
from plugin.shopify import scopes
from tests.e2e.admin import DEFAULT_TAGS, PATIENCE_SECONDS, Admin, place_orders
from tests.e2e.conftest import DESKTOP, PHONE

SECONDS = 1_000
GONE = "All Regulars tags are off your customers. You can uninstall now."


@pytest.fixture
def new_merchant(store: DevStoreClient, visit: Callable[..., Admin]) -> Callable[..., Admin]:
    """The admin of a new shop with six customers that granted the required scopes and these."""

    def make(handle: str, *granted: str) -> Admin:
        store.create_shop(handle, plan="plus", scopes=[*scopes.REQUIRED, *granted])
        place_orders(store, handle)
        return visit(handle)

    return make


def open_data_page(admin: Admin) -> None:
    admin.page.get_by_role("link", name="Data and permissions").click()
    expect(admin.app.get_by_role("heading", name="Data and permissions", level=1)).to_be_visible()


def section(admin: Admin, heading: str) -> Locator:
    return admin.app.locator(f's-section[heading="{heading}"]')


def saved(download: Download, directory: Path) -> Path:
    path = directory / download.suggested_filename
    download.save_as(path)
    return path


def remove_all_tags(admin: Admin) -> None:
    admin.app.get_by_role("button", name="Remove all Regulars tags").click()
    expect(admin.app.get_by_text("6 customers carry tags of Regulars")).to_be_visible()
    admin.app.get_by_role("button", name="Remove tags", exact=True).click()
    expect(admin.app.get_by_role("dialog")).to_be_hidden()
    expect(admin.app.get_by_text(GONE)).to_be_visible(timeout=PATIENCE_SECONDS * SECONDS)


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everything_of_the_page_fits_the_screen(
    shared_shop: str, visit: Callable[..., Admin], screen: dict[str, object], tmp_path: Path
) -> None:
    admin = visit(shared_shop, **screen)
    open_data_page(admin)
    for heading in ("Permissions", "Order history", "Customers' data requests", "Before you uninstall"):
        expect(admin.app.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    expect(section(admin, "Order history")).to_contain_text("Regulars sees all your orders.")
    expect(section(admin, "Customers' data requests")).to_contain_text("No customer has asked")
    for frame in admin.page.frames:
        content, width = frame.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert content <= width


def test_all_tags_come_off_and_back_again(fresh: Admin, tmp_path: Path) -> None:
    open_data_page(fresh)
    remove_all_tags(fresh)
    assert fresh.tags() == {}
    with fresh.page.expect_download() as download:
        fresh.app.get_by_role("button", name="Download what was removed").click()
    rows = list(csv.DictReader(saved(download.value, tmp_path).open()))
    assert {int(row["customer"]): sorted(row["tags"].split(", ")) for row in rows} == {
        customer: sorted(tag for tag, customers in DEFAULT_TAGS.items() if customer in customers)
        for customer in range(101, 107)
    }
    fresh.app.get_by_role("button", name="Use tags again").click()
    fresh.eventually(fresh.tags, DEFAULT_TAGS)
    expect(fresh.app.get_by_role("button", name="Remove all Regulars tags")).to_be_visible(timeout=10 * SECONDS)


def test_while_tags_are_off_home_says_so_and_leads_back(fresh: Admin) -> None:
    open_data_page(fresh)
    remove_all_tags(fresh)
    fresh.app.get_by_role("link", name="Home").click()
    expect(fresh.app.get_by_text("No customer carries a Regulars tag").first).to_be_visible()
    expect(fresh.app.get_by_text("Something needs your attention")).to_be_hidden()
    fresh.app.get_by_role("link", name="Use tags again").click()
    fresh.app.get_by_role("button", name="Use tags again").click()
    fresh.eventually(fresh.tags, DEFAULT_TAGS)


def test_the_keyboard_alone_can_ask_think_better_of_it_and_remove(fresh: Admin) -> None:
    open_data_page(fresh)
    keyboard, ask = fresh.page.keyboard, fresh.app.get_by_role("button", name="Remove all Regulars tags")
    ask.focus()
    keyboard.press("Enter")
    expect(fresh.app.get_by_role("dialog")).to_be_visible()
    keyboard.press("Escape")
    expect(fresh.app.get_by_role("dialog")).to_be_hidden()
    assert fresh.tags() == DEFAULT_TAGS
    expect(ask).to_be_focused()
    keyboard.press("Enter")
    for _ in range(4):
        keyboard.press("Tab")
        if fresh.app.locator("#remove-tags").evaluate("button => button === document.activeElement"):
            break
    keyboard.press("Enter")
    fresh.eventually(fresh.tags, {})
    expect(fresh.app.locator("[data-progress]")).to_be_focused()


def test_a_permission_can_be_declined_and_allowed_later(new_merchant: Callable[..., Admin]) -> None:
    admin = new_merchant("merging")
    open_data_page(admin)
    line, dialog = admin.app.locator("[data-scope=read_customer_merge]"), admin.page.get_by_role("dialog")
    line.get_by_role("button", name="Allow").click()
    dialog.get_by_role("button", name="Cancel").click()
    expect(section(admin, "Permissions")).to_contain_text("Nothing was changed. You can allow it here at any time.")
    line.get_by_role("button", name="Allow").click()
    dialog.get_by_role("button", name="Allow").click()
    expect(line.get_by_text("Allowed")).to_be_visible(timeout=PATIENCE_SECONDS * SECONDS)
    expect(line.get_by_role("button", name="Allow")).to_be_hidden()


def test_older_orders_become_visible_once_they_are_allowed(new_merchant: Callable[..., Admin]) -> None:
    admin = new_merchant("short-sighted")
    # Shopify's own sums tell who has bought before; what only the orders themselves would tell has to wait.
    admin.eventually(admin.tags, DEFAULT_TAGS)
    open_data_page(admin)
    history = section(admin, "Order history")
    expect(history).to_contain_text("Shopify shows Regulars orders since")
    admin.app.locator("[data-scope=read_all_orders]").get_by_role("button", name="Allow").click()
    admin.page.get_by_role("dialog").get_by_role("button", name="Allow").click()
    expect(history).to_contain_text("Regulars sees all your orders.", timeout=PATIENCE_SECONDS * SECONDS)
    admin.eventually(admin.tags, DEFAULT_TAGS)


def test_without_a_required_permission_the_page_says_so_until_it_is_there(
    store: DevStoreClient, visit: Callable[..., Admin]
) -> None:
    store.create_shop("read-only", plan="plus", scopes=["read_customers", "read_orders"])
    admin = visit("read-only")
    banner = admin.app.locator("#problems")
    expect(banner).to_contain_text("Regulars lacks a permission it cannot work without")
    banner.get_by_role("button", name="Allow").click()
    expect(banner).to_contain_text("Open Regulars again from the Apps menu")
    store.grant_scopes("read-only", scopes.REQUIRED)
    open_data_page(admin)
    expect(admin.app.locator("[data-scope=write_customers]").get_by_text("Allowed")).to_be_visible()
    expect(banner).to_be_hidden()


def test_a_customer_s_data_can_be_downloaded(fresh: Admin, tmp_path: Path) -> None:
    fresh.store.request_data(fresh.handle, 103)
    fresh.page.wait_for_timeout(2 * SECONDS)
    open_data_page(fresh)
    expect(section(fresh, "Customers' data requests")).to_contain_text("Customer 103")
    with fresh.page.expect_download() as download:
        fresh.app.get_by_role("button", name="Download the data of customer 103").click()
    path = saved(download.value, tmp_path)
    assert path.name.startswith("customer-103-")
    assert json.loads(path.read_text())["customer"] == 103
