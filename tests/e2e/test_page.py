"""The page in the admin's frame: on a phone, with stale tokens, before its scripts have run, while orders come in."""

from collections.abc import Callable
from itertools import pairwise

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from plugin.local.stack import Stack
from tests.e2e.admin import DEFAULT_TAGS, Admin, Watch
from tests.e2e.conftest import PHONE

WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


def test_switching_on_tags_every_customer(fresh: Admin) -> None:
    assert fresh.tags() == DEFAULT_TAGS
    expect(fresh.row("First-time")).to_contain_text("66.7%")
    expect(fresh.row("High-spender")).to_contain_text("Customers who spent at least $500.00 in the last 365 days")


def headings(admin: Admin) -> list[int]:
    """The levels from the top of the page down: what is inside components is not found in that order."""
    found = admin.app.get_by_role("heading").evaluate_all(
        "all => all.map(h => [h.getBoundingClientRect().top, Number(h.tagName[1])])"
    )
    return [int(level) for _, level in sorted(found)]


def test_nothing_runs_over_the_edge_of_a_phone(shared_shop: str, visit: Callable[..., Admin]) -> None:
    admin = visit(shared_shop, **PHONE)
    admin.wait_until_right()
    for frame in admin.page.frames:
        content, screen = frame.evaluate(WIDTHS)
        assert content <= screen
    admin.page.goto(f"{admin.address}/customers")
    content, screen = admin.page.evaluate(WIDTHS)
    assert content <= screen


def test_headings_step_down_one_level_at_a_time(shared: Admin) -> None:
    levels = headings(shared)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_a_page_without_a_fresh_token_fetches_one_and_comes_back(shared: Admin) -> None:
    app = shared.page.frames[1]
    parts = app.url.partition("?")
    app.goto(f"{parts[0]}?shop={shared.handle}.myshopify.com&embedded=1&id_token=stale")
    expect(shared.app.get_by_role("heading", name="Segments")).to_be_visible()


def test_a_fetch_with_a_stale_token_is_tried_again_with_a_fresh_one(shared: Admin, watch: Watch) -> None:
    watch.expect("status of 401")
    shared.open_settings()
    stale = iter(["stale"])

    def hand_out(route: Route) -> None:
        token = next(stale, None)
        route.fulfill(json={"id_token": token}) if token else route.continue_()

    shared.page.route("**/id_token", hand_out)
    shared.field("Repeat", "Orders, at least").fill("1e3")
    watch.expect("status of 422")
    shared.save()
    expect(shared.app.get_by_text("Must be a number")).to_be_visible()
    assert next(stale, None) is None


def test_what_it_says_can_be_read_before_any_script_has_run(chromium: Browser, stack: Stack, shared: Admin) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{stack.app_url}/app?id_token={shared.store.id_token(shared.handle)}")
    expect(page.get_by_text("Customers who placed at least 3 orders in the last 90 days")).to_be_visible()
    expect(page.get_by_text("All 6 customers have the right tags")).to_be_visible()
    context.close()


@pytest.mark.parametrize("path", ["/app", "/app/patch-id-token?shopify-reload=/app"])
def test_no_other_site_can_show_the_app_in_a_frame(chromium: Browser, stack: Stack, shared: Admin, path: str) -> None:
    page = chromium.new_page()
    token = shared.store.id_token(shared.handle)
    address = f"{stack.app_url}{path}{'&' if '?' in path else '?'}id_token={token}"
    page.goto(f"{stack.app_url}/healthz")
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.evaluate("address => { document.body.innerHTML = `<iframe src='${address}'></iframe>` }", address)
    page.close()


def test_an_order_placed_in_the_admin_changes_the_customer_s_tags(fresh: Admin) -> None:
    page = fresh.page
    page.goto(f"{fresh.address}/customers?tag=High-Spender")
    expect(page.get_by_text("1 customer", exact=True)).to_be_visible()
    page.goto(f"{fresh.address}/customers/101")
    page.get_by_label("Amount").fill("999.00")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("cell", name="999.00 USD")).to_be_visible()
    fresh.eventually(lambda: fresh.tags()["high-spender"], [101, 106])
    page.get_by_role("row", name="999.00").get_by_role("button", name="Refund").click()
    fresh.eventually(lambda: fresh.tags()["high-spender"], [106])


def test_no_other_site_can_press_the_store_s_buttons(stack: Stack, shared: Admin) -> None:
    answer = httpx.post(f"{shared.address}/clock", data={"days": "1"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_the_real_server_shows_its_figures_to_this_machine_only(stack: Stack) -> None:
    assert httpx.get(f"{stack.app_url}/metrics").status_code == 200
    assert httpx.get(f"{stack.app_url}/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
