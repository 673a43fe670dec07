"""One customer's page in the browser: found by number, explained, pinned and let go again."""

from collections.abc import Callable

from playwright.sync_api import FrameLocator, expect

from tests.e2e.admin import Admin, Watch
from tests.e2e.conftest import PHONE


def open_customer(admin: Admin, number: int) -> FrameLocator:
    """From the page that finds customers, as a merchant does it."""
    admin.page.goto(f"{admin.address}/apps/regulars/app/customers")
    admin.app.get_by_label("Number, or the address").fill(f"https://admin.shopify.com/store/x/customers/{number}")
    admin.app.get_by_role("button", name="Find").click()
    admin.app.get_by_role("link", name=f"Customer {number}").first.click()
    expect(admin.app.get_by_role("heading", name=f"Customer {number}", level=1)).to_be_visible()
    return admin.app


def test_an_end_in_the_past_is_refused_at_its_field(fresh: Admin, watch: Watch) -> None:
    watch.expect("status of 422")
    app = open_customer(fresh, 101)
    app.get_by_text("Frequent", exact=True).click()
    app.get_by_role("button", name="Never in").last.click()
    app.get_by_label("Until").fill("2001-01-01")
    app.get_by_role("button", name="Pin", exact=True).click()
    expect(app.get_by_text("The end must lie in the future.")).to_be_visible()


def test_it_fits_a_phone(shared_shop: str, visit: Callable[..., Admin]) -> None:
    admin = visit(shared_shop, **PHONE)
    admin.wait_until_right()
    app = open_customer(admin, 104)
    for summary in app.locator("summary").all():
        summary.click()
    for frame in admin.page.frames:
        content, screen = frame.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert content <= screen
