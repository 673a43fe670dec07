"""A merchant's first day with the app, on a desktop and on a phone, with every origin as in the world: https, apart.

One story in the order it happens: each test goes on where the one before it stopped. Whatever the browser complains
about fails the step it happens in, and so does a request to a host that has no part in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Playwright, Request, Route, expect

from dev_store.client import DevStoreClient
from plugin.local.stack import Stack
from tests.e2e.admin import Admin, Watch, place_orders
from tests.e2e.conftest import DESKTOP, PHONE, launch
from tests.support import axe
from tests.support.https_origins import HttpsOrigins

APP, ADMIN, CDN, ELSEWHERE = "app.example.test", "admin.shopify.com", "cdn.shopify.com", "elsewhere.example.test"
# The addresses of the scripts are the ones an installation has from the start.
SETTINGS = {
    "APP_URL": f"https://{APP}",
    "APP_BRIDGE_URL": f"https://{CDN}/shopifycloud/app-bridge.js",
    "POLARIS_URL": f"https://{CDN}/shopifycloud/polaris-1.js",
}
SCREENS = {"desktop": DESKTOP, "phone": PHONE}
SWITCHED_ON = {"repeat": [102, 103], "frequent": [103], "high-spender": [106], "at-risk": [104]}
WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


@dataclass
class Day(Admin):
    """One shop's admin, and every request that its window made."""

    context: BrowserContext
    watch: Watch = field(default_factory=Watch)
    requests: list[Request] = field(default_factory=list)

    def note(self, request: Request) -> None:
        """Remember what was asked for."""
        self.requests.append(request)

    def fits(self) -> bool:
        """Whether nothing of what is shown runs over the edge."""
        expect(self.app.get_by_role("heading", level=1)).to_be_visible()
        return all(content <= screen for content, screen in (frame.evaluate(WIDTHS) for frame in self.page.frames))

    def hosts(self) -> set[str | None]:
        """Who was asked for anything."""
        asked = (urlsplit(request.url) for request in self.requests)
        return {address.hostname for address in asked if address.scheme not in ("data", "blob")}

    def follow(self, link: str, heading: str) -> None:
        """Press a link of the app's own page."""
        self.app.get_by_role("link", name=link, exact=True).first.click()
        expect(self.app.get_by_role("heading", name=heading, level=1)).to_be_visible()

    def turn_to(self, page: str) -> None:
        """Press the name of a page of the app in the admin beside it."""
        self.page.get_by_role("navigation", name="Store").get_by_role("link", name=page, exact=True).click()
        expect(self.app.get_by_role("heading", name=page, level=1)).to_be_visible()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("day"), clock_file=True, settings=SETTINGS) as running:
        running.start_redis()
        running.start_dev_store()
        running.start_web()
        running.start_workers()
        yield running


@pytest.fixture(scope="module")
def store(stack: Stack) -> Iterator[DevStoreClient]:
    with DevStoreClient(stack.dev_store_url) as client:
        yield client


@pytest.fixture(scope="module")
def https_browser(driver: Playwright, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    places = {APP: stack.app_url, ADMIN: stack.dev_store_url, ELSEWHERE: stack.dev_store_url}
    ports = {host: int(address.rpartition(":")[2]) for host, address in places.items()}
    with HttpsOrigins(ports, tmp_path_factory.mktemp("https")) as origins:
        launched = launch(driver, origins.browser_option)
        yield launched
        launched.close()


@pytest.fixture(scope="module", params=SCREENS)
def day(request: pytest.FixtureRequest, https_browser: Browser, store: DevStoreClient, stack: Stack) -> Iterator[Day]:
    handle = request.param
    store.create_shop(handle, plan="plus")
    place_orders(store, handle)
    context = https_browser.new_context(**SCREENS[handle], service_workers="block", ignore_https_errors=True)
    context.set_default_timeout(60_000)
    stub_the_cdn(context, stack)
    made = Day(context.new_page(), store, handle, f"https://{ADMIN}/store/{handle}", context)
    context.on("request", made.note)
    made.watch.follow(made.page)
    yield made
    context.close()


@pytest.fixture(autouse=True)
def nothing_odd_happens(day: Day) -> Iterator[None]:
    yield
    assert day.watch.complaints() == []
    assert day.hosts() <= {APP, ADMIN, CDN}
    assert day.fits()


def stub_the_cdn(context: BrowserContext, stack: Stack) -> None:
    names = {name: f"{stack.dev_store_url}/static/{name}" for name in ("app-bridge.js", "polaris-1.js")}
    scripts = {name: httpx.get(address).raise_for_status().text for name, address in names.items()}

    def hand_out(route: Route) -> None:
        route.fulfill(body=scripts[route.request.url.rpartition("/")[2]], content_type="text/javascript")

    context.route(f"https://{CDN}/shopifycloud/*", hand_out)


def number(day: Day, label: str) -> Locator:
    return day.app.locator("#conditions").get_by_role("textbox", name=label, exact=True)


def preview(day: Day) -> Locator:
    return day.app.locator("#preview")


def section(day: Day, heading: str) -> Locator:
    return day.app.locator(f's-section[heading="{heading}"]')


def test_the_first_run_leads_from_the_import_past_presets_and_a_preview_to_tags(day: Day) -> None:
    day.open_app()
    outlook, chosen = day.app.locator("#outlook"), day.app.get_by_role("group", name="Segments to switch on")
    expect(outlook).to_have_text("Switching these on would tag 6 of 6 customers.")
    assert axe.violations(day.page.frames[1]) == []
    day.follow("See all presets", "Presets")
    day.app.get_by_label("Search presets").fill("regular")
    day.app.get_by_role("button", name="Add Regular", exact=True).click()
    expect(day.page.get_by_text("Added, and switched off for now")).to_be_visible()
    day.follow("Home", "Regulars")
    expect(chosen.get_by_role("checkbox")).to_have_count(7)
    expect(outlook).to_have_text("Switching these on would tag 6 of 6 customers.")
    for segment in ("First-time", "Lapsed"):
        chosen.get_by_label(segment).uncheck()
    expect(outlook).to_have_text("Switching these on would tag 4 of 6 customers.")
    assert day.tags() == {}
    day.app.get_by_role("button", name="Switch on", exact=True).first.click()
    day.app.locator("#switch-on").click()
    day.eventually(day.tags, SWITCHED_ON)
    expect(day.app.get_by_text("All set")).to_be_visible()


def test_a_rule_is_changed_looked_at_and_discarded(day: Day) -> None:
    day.open_app()
    expect(day.app.get_by_role("heading", name="Set up Regulars")).to_be_hidden()
    expect(day.row("First-time")).to_contain_text("Off")
    expect(day.row("Repeat")).to_contain_text("On")
    day.follow("Frequent", "Frequent")
    number(day, "Number of orders").fill("2")
    expect(preview(day)).to_contain_text("1 customer enters, 0 customers leave.")
    expect(preview(day)).to_contain_text("It then holds 2 of 6 customers.")
    expect(preview(day).get_by_role("link", name="102")).to_be_visible()
    assert day.tags() == SWITCHED_ON
    day.discard()
    expect(number(day, "Number of orders")).to_have_value("3")
    expect(preview(day)).to_contain_text("Nobody enters and nobody leaves.")
    expect(day.save_bar()).to_be_hidden()


def test_a_rule_that_cannot_be_is_refused_at_its_field_and_a_good_one_saved(day: Day) -> None:
    day.watch.expect("status of 422")
    field = number(day, "Number of orders")
    field.fill("many")
    expect(preview(day)).to_contain_text("Complete the rule to see what it would do.")
    day.save()
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description("Must be a number written in digits, such as 3 or 500.00.")
    field.fill("2")
    expect(preview(day)).to_contain_text("1 customer enters, 0 customers leave.")
    day.save()
    expect(day.page.get_by_text("Saved", exact=True)).to_be_visible()
    expect(day.save_bar()).to_be_hidden()
    day.eventually(day.tags, {**SWITCHED_ON, "frequent": [102, 103]})
    expect(day.app.locator("#size")).to_have_text("2")
    expect(day.app.locator("#members").get_by_role("link", name="Customer 102")).to_be_visible()
    expect(preview(day)).to_contain_text("Nobody enters and nobody leaves.")


def test_a_brake_that_cannot_be_is_refused_and_a_good_one_saved(day: Day) -> None:
    day.turn_to("Settings")
    share = day.app.get_by_label("From this share")
    share.fill("0")
    day.app.get_by_label("And at least so many customers").fill("2")
    day.save()
    expect(share).to_be_focused()
    expect(share).to_have_accessible_description("A whole number from 1 to 100.")
    share.fill("50")
    day.save()
    expect(day.page.get_by_text("Settings saved")).to_be_visible()
    expect(day.save_bar()).to_be_hidden()


def test_a_customer_is_found_explained_and_pinned(day: Day) -> None:
    day.open_app()
    day.follow("Find a customer", "Customers")
    day.app.get_by_label("Number, or the address").fill(f"{day.address}/customers/104")
    day.app.get_by_role("button", name="Find").click()
    day.follow("Customer 104", "Customer 104")
    day.app.get_by_text("At-risk", exact=True).first.click()
    expect(day.app.get_by_text("last order 100 days ago").first).to_be_visible()
    day.app.get_by_text("Frequent", exact=True).first.click()
    frequent = day.app.get_by_role("group").filter(has_text="Frequent")
    frequent.get_by_role("button", name="Always in").click()
    day.app.get_by_label("Note for yourself").fill("A friend")
    day.app.get_by_role("button", name="Pin", exact=True).click()
    expect(day.app.get_by_text("Pinned in", exact=True)).to_be_visible()
    day.eventually(lambda: day.tags()["frequent"], [102, 103, 104])
    day.app.get_by_text("Frequent", exact=True).first.click()
    with day.page.expect_event("framenavigated"):  # the page comes anew
        day.app.get_by_role("button", name="Let the rule decide again").click()
    expect(day.app.get_by_text("Pinned in", exact=True)).to_be_hidden()
    day.eventually(lambda: day.tags()["frequent"], [102, 103])


def test_a_change_of_most_customers_waits_until_it_is_confirmed(day: Day) -> None:
    before = day.tags()
    day.open_app()
    day.follow("High-spender", "High-spender")
    number(day, "Amount spent").fill("1")
    expect(preview(day)).to_contain_text("5 customers enter")
    day.save()
    expect(day.page.get_by_text("Saved", exact=True)).to_be_visible()
    day.turn_to("Activity")
    expect(section(day, "A change waits for you")).to_be_visible()
    expect(day.app.get_by_text("This would change the tags of 5 of your 6 customers")).to_be_visible()
    assert day.tags() == before
    day.app.get_by_role("button", name="Make the change").first.click()
    day.app.locator("#decide-yes").click()
    expect(section(day, "A change waits for you")).to_be_hidden()
    day.eventually(day.tags, {**before, "high-spender": [101, 102, 103, 104, 105, 106]})


def test_what_was_confirmed_is_undone(day: Day) -> None:
    now = day.tags()
    day.app.get_by_role("button", name="Undo: “High-spender” was changed").click()
    expect(day.app.get_by_text("It changed 5 customers.")).to_be_visible()
    day.app.locator("#decide-yes").click()
    day.eventually(day.tags, {**now, "high-spender": [106]})
    expect(day.app.get_by_text("Undone", exact=True)).to_be_visible()
    day.open_app()
    day.follow("High-spender", "High-spender")
    expect(number(day, "Amount spent")).to_have_value("500.00")


def test_a_page_with_a_stale_token_fetches_one_and_comes_back(day: Day) -> None:
    seen, frame = len(day.requests), day.page.frames[1]
    host = parse_qs(urlsplit(frame.url).query)["host"][0]
    shop = f"{day.handle}.myshopify.com"
    frame.goto(f"https://{APP}/app/settings?shop={shop}&host={host}&embedded=1&id_token=stale")
    expect(day.app.get_by_role("heading", name="Settings", level=1)).to_be_visible()
    asked = [urlsplit(each.url).path for each in day.requests[seen:] if each.is_navigation_request()]
    assert asked == ["/app/settings", "/app/patch-id-token", "/app/settings"]


def test_every_request_proved_who_asks_and_nobody_else_was_told(day: Day) -> None:
    to_the_app = [each for each in day.requests if urlsplit(each.url).hostname == APP]
    documents = [urlsplit(each.url) for each in to_the_app if each.is_navigation_request()]
    assert len(documents) > 10
    assert all("id_token=" in each.query for each in documents if each.path != "/app/patch-id-token")
    fetches = [each for each in to_the_app if each.resource_type == "fetch"]
    assert len(fetches) > 10
    assert all(each.all_headers()["authorization"].startswith("Bearer ") for each in fetches)
    scripts = [each.all_headers() for each in day.requests if urlsplit(each.url).hostname == CDN]
    assert {each["referer"] for each in scripts} == {f"https://{APP}/"}
    assert day.context.cookies() == []


def test_no_other_site_can_show_a_page_of_the_shop(day: Day, https_browser: Browser) -> None:
    address = f"https://{APP}/app?id_token={day.store.id_token(day.handle)}"
    page = https_browser.new_page(ignore_https_errors=True)
    page.goto(f"https://{ELSEWHERE}/dev/health")
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.evaluate("address => { document.body.innerHTML = `<iframe src='${address}'></iframe>` }", address)
    page.close()
