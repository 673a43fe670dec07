"""The development store's own admin in a browser: what its App Bridge and Polaris stand-ins do for any app's page."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.e2e.admin import Watch
from tests.support.dev_store import DevStoreProcess
from tests.support.framed_pages import FramedPages

APP_FILE = """
[access_scopes]
scopes = "read_orders,write_customers"
optional_scopes = ["write_discounts"]
"""
NAV = '<s-app-nav><s-link href="/app" rel="home">Home</s-link><s-link href="/app/rules">Rules</s-link>'
NAV += '<s-link href="/app/help">Help</s-link></s-app-nav>'
HOME = f"""{NAV}
<s-page heading="Home"><s-link href="/app/rules">To the rules</s-link><s-button href="/app/help">Ask</s-button>
<a href="/app/file" download>File</a> <a href="/app/print" target="_blank">Print</a> <a href="#x">Here</a>
<s-button commandfor="leave" command="--show" tone="critical">Remove all</s-button><s-button loading>Busy</s-button>
<s-modal id="leave" heading="Really?"><s-unordered-list><s-list-item>All tags</s-list-item></s-unordered-list>
<s-button slot="secondary-actions" commandfor="leave" command="--hide">Keep</s-button>
<s-button slot="primary-action" variant="primary" tone="critical">Remove</s-button></s-modal>
<form data-save-bar><s-checkbox name="keep" label="Keep them" details="For a year"></s-checkbox></form>
</s-page>"""
PAGES = {
    "/app": HOME,
    "/app/rules": f'{NAV}<s-page heading="Rules"></s-page>',
    "/app/help": f'{NAV}<s-page heading="Help"></s-page>',
    "/app/print": "<p>On paper</p>",
}


@pytest.fixture(scope="module")
def app() -> Iterator[FramedPages]:
    with FramedPages(PAGES) as pages:
        yield pages


@pytest.fixture(scope="module")
def dev(app: FramedPages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevStoreProcess]:
    app_file: Path = tmp_path_factory.mktemp("app") / "shopify.app.toml"
    app_file.write_text(APP_FILE)
    with DevStoreProcess(app_url=app.url, app_file=app_file, shops=["demo"]) as process:
        app.store_url = process.url
        yield process


@pytest.fixture
def page(chromium: Browser, dev: DevStoreProcess, watch: Watch) -> Iterator[Page]:
    context = chromium.new_context(service_workers="block")
    context.route("**/*", watch.check)
    opened = context.new_page()
    watch.follow(opened)
    opened.goto(f"{dev.url}/store/demo/apps/regulars")
    yield opened
    context.close()


@pytest.fixture
def frame(page: Page) -> FrameLocator:
    inner = page.frame_locator("iframe")
    expect(inner.get_by_role("heading", name="Home", level=1)).to_be_visible()
    return inner


@pytest.fixture
def script(page: Page, frame: FrameLocator) -> Callable[[str], object]:
    """Run a line in the app's page; what a promise rejects with comes back as its message."""
    inner = page.frames[-1]
    return lambda line: inner.evaluate(
        f"async () => {{ try {{ return await {line} }} catch (e) {{ return e.message }} }}"
    )


def heading(frame: FrameLocator, name: str) -> None:
    expect(frame.get_by_role("heading", name=name, level=1)).to_be_visible()


@pytest.mark.parametrize(
    ("role", "words", "path"), [("link", "To the rules", "/app/rules"), ("link", "Ask", "/app/help")]
)
def test_links_of_the_app_carry_an_id_token(frame: FrameLocator, app: FramedPages, role, words, path) -> None:
    frame.get_by_role(role, name=words).click()
    heading(frame, PAGES[path].split('heading="')[1].split('"')[0])
    assert {"id_token", "shop", "host", "embedded"} <= app.last_query(path).keys()


def test_downloads_and_other_windows_are_left_alone(page: Page, frame: FrameLocator, app: FramedPages) -> None:
    with page.expect_popup() as popup:
        frame.get_by_role("link", name="Print").click()
    expect(popup.value.get_by_text("On paper")).to_be_visible()
    with page.expect_download():
        frame.get_by_role("link", name="File").click()
    assert app.last_query("/app/print") == app.last_query("/app/file") == {}
    heading(frame, "Home")


def test_the_admin_lists_the_apps_pages_and_opens_them_in_its_frame(page: Page, frame: FrameLocator, app) -> None:
    nav = page.get_by_role("navigation", name="Store")
    expect(nav.get_by_role("link")).to_have_text(["Customers", "Regulars", "Rules", "Help"])
    nav.get_by_role("link", name="Help").click()
    heading(frame, "Help")
    expect(nav.get_by_role("link", name="Help")).to_have_attribute("aria-current", "page")
    assert "id_token" in app.last_query("/app/help")


def test_a_page_of_the_app_has_an_address_in_the_admin(page: Page, frame: FrameLocator, dev: DevStoreProcess) -> None:
    page.goto(f"{dev.url}/store/demo/apps/{dev.client_id}/app/rules")
    heading(frame, "Rules")


def test_the_merchant_allows_an_optional_scope(page: Page, script, dev: DevStoreProcess) -> None:
    dev.client.grant_scopes("demo", ["read_orders", "write_customers"])
    assert script("shopify.scopes.query()") == {
        "granted": ["read_customers", "read_orders", "write_customers"],
        "required": ["read_orders", "write_customers"],
        "optional": ["write_discounts"],
    }
    script("void (window.asked = shopify.scopes.request(['write_discounts']))")
    expect(page.get_by_role("dialog").get_by_text("write_discounts")).to_be_visible()
    page.get_by_role("button", name="Allow").click()
    assert script("window.asked")["result"] == "granted-all"
    assert "write_discounts" in dev.client.shop("demo")["scopes"]
    assert script("shopify.scopes.request(['write_discounts'])")["result"] == "granted-all"


def test_the_merchant_declines_by_keyboard(page: Page, script, dev: DevStoreProcess) -> None:
    dev.client.grant_scopes("demo", ["read_orders"])
    for key in ("Escape", "Enter"):
        script("void (window.asked = shopify.scopes.request(['write_discounts']))")
        expect(page.get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press(key)
        assert script("window.asked")["result"] == "declined-all"
    assert dev.client.shop("demo")["scopes"] == ["read_orders"]


def test_the_app_gives_a_scope_back_and_may_not_ask_for_others(script, watch: Watch, dev: DevStoreProcess) -> None:
    dev.client.grant_scopes("demo", ["read_orders", "write_discounts"])
    assert script("shopify.scopes.revoke(['write_discounts'])")["detail"]["granted"] == ["read_orders"]
    refusal = "Not among the app's optional_scopes: read_orders"
    watch.expect("400 (Bad Request)")
    assert script("shopify.scopes.revoke(['read_orders'])") == refusal
    assert script("shopify.scopes.request(['write_products'])").endswith("write_products")


def test_a_modal_opens_by_command_holds_the_focus_and_closes(page: Page, frame: FrameLocator) -> None:
    opener, modal = frame.get_by_role("button", name="Remove all"), frame.get_by_role("dialog", name="Really?")
    expect(modal).to_be_hidden()
    opener.focus()
    page.keyboard.press("Enter")
    expect(frame.get_by_role("button", name="Close")).to_be_focused()
    for words in ("Keep", "Remove", "Close"):
        page.keyboard.press("Tab")
        expect(frame.get_by_role("button", name=words, exact=True)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(frame.get_by_role("button", name="Remove", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(modal).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_modal_closes_by_its_buttons_and_by_script(frame: FrameLocator, script) -> None:
    modal = frame.get_by_role("dialog", name="Really?")
    for close in ("Keep", "Close"):
        script("document.getElementById('leave').showOverlay()")
        expect(frame.get_by_role("listitem")).to_have_text("All tags")
        frame.get_by_role("button", name=close).click()
        expect(modal).to_be_hidden()
    script("document.getElementById('leave').toggleOverlay()")
    expect(modal).to_be_visible()
    script("document.getElementById('leave').hideOverlay()")
    expect(modal).to_be_hidden()


def test_a_ticked_box_is_in_the_form_and_shows_the_save_bar(page: Page, frame: FrameLocator, script) -> None:
    box = frame.get_by_role("checkbox", name="Keep them")
    box.check()
    expect(page.get_by_text("Unsaved changes")).to_be_visible()
    assert script("new FormData(document.forms[0]).get('keep')") == "on"
    page.get_by_role("button", name="Discard").click()
    expect(box).not_to_be_checked()
    assert script("new FormData(document.forms[0]).get('keep')") is None
    expect(page.get_by_text("Unsaved changes")).to_be_hidden()


def test_a_button_that_loads_cannot_be_pressed(frame: FrameLocator) -> None:
    busy = frame.get_by_role("button", name="Busy")
    expect(busy).to_be_disabled()
    expect(busy).to_have_attribute("aria-busy", "true")
