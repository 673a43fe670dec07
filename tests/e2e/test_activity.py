"""The page "Activity": a change that waits, keeping things as they were, undoing, and what was written to whom."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, expect

from plugin.local.stack import Stack
from tests.e2e.admin import DEFAULT_TAGS, PATIENCE_SECONDS, Admin, Watch
from tests.e2e.conftest import PHONE

SECONDS = 1_000
WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


class Owner:
    """A merchant's programs: what the pages' scripts send, without a browser."""

    def __init__(self, admin: Admin, stack: Stack) -> None:
        self._admin, self._url = admin, stack.app_url

    def put(self, path: str, body: Any) -> None:
        token = {"Authorization": f"Bearer {self._admin.store.id_token(self._admin.handle)}"}
        httpx.put(f"{self._url}/app/api{path}", json=body, headers=token, timeout=30).raise_for_status()

    def rename(self, tag: str) -> None:
        """Give one segment another tag, which is another segment: everybody in it changes tags."""
        token = {"Authorization": f"Bearer {self._admin.store.id_token(self._admin.handle)}"}
        found = httpx.get(f"{self._url}/app/api/segments", headers=token, timeout=30).json()["segments"]
        self.put("/segments", {"segments": [{**found[0], "tag": tag}, *found[1:]]})


@pytest.fixture
def owner(fresh: Admin, stack: Stack) -> Owner:
    """Of the fresh shop, in which changes of more than half of the customers wait."""
    made = Owner(fresh, stack)
    made.put("/settings", {"brake_percent": 50, "brake_least": 2})
    return made


def open_activity(admin: Admin) -> None:
    admin.page.get_by_role("link", name="Activity").click()
    expect(admin.app.get_by_role("heading", name="Activity", level=1)).to_be_visible()


def section(admin: Admin, heading: str) -> Locator:
    return admin.app.locator(f's-section[heading="{heading}"]')


def press(admin: Admin, name: str, confirm: str) -> None:
    """Press a button, read the question, and say yes."""
    admin.app.get_by_role("button", name=name).first.click()
    dialog = admin.app.get_by_role("dialog")
    expect(dialog).to_be_visible()
    yes = admin.app.locator("#decide-yes")
    expect(yes).to_have_text(confirm)
    yes.click()
    expect(dialog).to_be_hidden()


def wait_for(locator: Locator) -> None:
    expect(locator).to_be_visible(timeout=PATIENCE_SECONDS * SECONDS)


def test_a_change_of_many_waits_until_it_is_declined(fresh: Admin, owner: Owner, tmp_path: Path) -> None:
    owner.rename("newcomer")
    open_activity(fresh)
    wait_for(section(fresh, "A change waits for you"))
    fresh.page.screenshot(path=tmp_path / "waits.png", full_page=True)
    expect(fresh.app.get_by_text("This would change the tags of 4 of your 6 customers")).to_be_visible()
    expect(fresh.app.get_by_text("Added: newcomer (4)").first).to_be_visible()
    assert fresh.tags() == DEFAULT_TAGS
    press(fresh, "Keep as it was", "Keep as it was")
    wait_for(fresh.app.get_by_text("Not made"))
    expect(section(fresh, "A change waits for you")).to_be_hidden(timeout=PATIENCE_SECONDS * SECONDS)
    assert fresh.tags() == DEFAULT_TAGS


def test_tag_writes_can_be_looked_for_and_downloaded(shared: Admin, watch: Watch, tmp_path: Path) -> None:
    open_activity(shared)
    rows = shared.app.locator("#writes > li")
    expect(rows).to_have_count(6)
    shared.app.get_by_label("Customer number").fill("103")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("Added: repeat, frequent")
    watch.expect("status of 422")
    shared.app.get_by_label("Customer number").fill("x")
    expect(shared.app.get_by_text("Only digits, please.")).to_be_visible()
    shared.app.get_by_label("Customer number").fill("")
    shared.app.get_by_label("Tag", exact=True).select_option("lapsed")
    expect(rows).to_have_count(1)
    with shared.page.expect_download() as started:
        shared.app.get_by_role("button", name="Download as a table").click()
    started.value.save_as(tmp_path / "writes.csv")
    with (tmp_path / "writes.csv").open(newline="") as file:
        assert [row["customer"] for row in csv.DictReader(file)] == ["105"]


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"])
def test_everything_fits_the_screen(
    shared_shop: str, visit: Callable[..., Admin], screen: dict[str, object], tmp_path: Path
) -> None:
    admin = visit(shared_shop, **screen)
    admin.wait_until_right()
    open_activity(admin)
    admin.page.wait_for_timeout(300)
    admin.page.screenshot(path=tmp_path / "activity.png", full_page=True)
    for frame in admin.page.frames:
        content, screen_width = frame.evaluate(WIDTHS)
        assert content <= screen_width
