"""A merchant's first day, from installing to tags in the store; and the page "Home" in every state it can be in."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from dev_store.client import DevStoreClient
from tests.e2e.admin import DEFAULT_TAGS, Admin
from tests.e2e.conftest import PHONE
from tests.support import axe

WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
PATIENCE_MS = 60_000


def begin(visit: Callable[..., Admin], handle: str, **screen: object) -> Admin:
    """Install the app and wait until the guide has counted; nothing is switched on."""
    admin = visit(handle, switched_on=False, **screen)
    expect(outlook(admin)).to_contain_text("customers", timeout=PATIENCE_MS)
    return admin


def outlook(admin: Admin) -> Locator:
    return admin.app.locator("#outlook")


def box(admin: Admin, segment: str) -> Locator:
    return admin.app.get_by_role("group", name="Segments to switch on").get_by_label(segment)


def switch_on(admin: Admin) -> None:
    admin.app.get_by_role("button", name="Switch on", exact=True).first.click()
    admin.app.locator("#switch-on").click()


def open_presets(admin: Admin) -> None:
    admin.page.goto(f"{admin.address}/apps/regulars/app/presets")
    expect(admin.app.get_by_role("heading", name="Presets", level=1)).to_be_visible()


def test_nothing_is_written_to_whoever_decides_against_it(
    new_shop: Callable[[], str], visit: Callable[..., Admin]
) -> None:
    admin = begin(visit, new_shop())
    admin.app.get_by_role("button", name="Switch on", exact=True).first.click()
    admin.app.get_by_role("button", name="Not yet").click()
    admin.open_app()
    expect(outlook(admin)).to_have_text("Switching these on would tag 6 of 6 customers.", timeout=PATIENCE_MS)
    expect(admin.app.locator("#ask-switch-on").get_by_role("button")).to_be_enabled()
    for segment in ("First-time", "Repeat", "Frequent", "High-spender", "At-risk", "Lapsed"):
        box(admin, segment).uncheck()
    expect(outlook(admin)).to_have_text("Choose at least one segment.")
    expect(admin.app.locator("#ask-switch-on").get_by_role("button")).to_be_disabled()
    assert admin.tags() == {}


def test_the_first_day_works_from_the_keyboard(new_shop: Callable[[], str], visit: Callable[..., Admin]) -> None:
    admin = begin(visit, new_shop())
    keyboard = admin.page.keyboard
    box(admin, "Lapsed").focus()
    keyboard.press("Space")
    expect(outlook(admin)).to_have_text("Switching these on would tag 6 of 6 customers.")
    for _ in range(2):  # past the presets to the button
        keyboard.press("Tab")
    keyboard.press("Enter")
    expect(admin.app.get_by_role("dialog")).to_be_visible()
    while not admin.app.locator("#switch-on").evaluate("button => button === document.activeElement"):
        keyboard.press("Tab")
    keyboard.press("Enter")
    admin.eventually(admin.tags, {tag: who for tag, who in DEFAULT_TAGS.items() if tag != "lapsed"})


def test_a_shop_without_customers_is_told_what_will_happen(store: DevStoreClient, visit: Callable[..., Admin]) -> None:
    store.create_shop("nobody-yet", plan="plus")
    admin = begin(visit, "nobody-yet")
    expect(outlook(admin)).to_have_text("There are no customers yet: tags appear with the first order.")
    switch_on(admin)
    expect(admin.app.get_by_text("All set")).to_be_visible(timeout=PATIENCE_MS)
    admin.open_app()
    expect(admin.app.get_by_text("No customers yet: tags appear with the first order")).to_be_visible()
    expect(admin.row("Repeat")).to_contain_text("0")


def test_a_paused_store_is_said_to_be_paused(new_shop: Callable[[], str], visit: Callable[..., Admin]) -> None:
    admin = begin(visit, new_shop())
    admin.store.fault("402", shop=admin.handle)
    switch_on(admin)
    expect(admin.app.get_by_text("Shopify has paused your store")).to_be_visible(timeout=PATIENCE_MS)
    expect(admin.app.locator("#summary")).to_have_text("Paused: 6 customers wait for their tags", timeout=PATIENCE_MS)
    admin.store.clear_faults()


def test_both_pages_fit_on_a_phone_and_pass_the_checks_there(fresh: Admin, visit: Callable[..., Admin]) -> None:
    admin = visit(fresh.handle, **PHONE)
    for go in (lambda: None, lambda: open_presets(admin)):
        go()
        content, screen = admin.page.frames[1].evaluate(WIDTHS)
        assert content <= screen
        assert axe.violations(admin.page.frames[1]) == []


def test_home_shows_where_the_store_stands(fresh: Admin) -> None:
    fresh.open_app()
    picture = fresh.app.locator("#picture")
    expect(picture.get_by_role("heading", name="Where they stand")).to_be_visible()
    expect(picture).to_contain_text("First-time")
    expect(fresh.row("High-spender")).to_contain_text("$600.00")
    assert axe.violations(fresh.page.frames[1]) == []
    fresh.row("High-spender").get_by_role("link", name="High-spender").click()
    expect(fresh.app.get_by_role("heading", name="High-spender", level=1)).to_be_visible()


def test_a_preset_is_found_counted_and_added(fresh: Admin) -> None:
    open_presets(fresh)
    offer = fresh.app.locator("[data-preset=regular]")
    expect(offer).to_contain_text("0 customers now")
    fresh.app.get_by_label("Search presets").fill("staying ask")
    expect(fresh.app.get_by_text("1 preset found")).to_be_attached()
    expect(fresh.app.locator("[data-preset=prospect]")).to_be_hidden()
    fresh.app.get_by_role("button", name="Add Regular").click()
    expect(fresh.page.get_by_text("Added, and switched off for now")).to_be_visible()
    expect(offer.get_by_role("link", name="Look at it: Regular")).to_be_focused()
    fresh.app.get_by_label("Search presets").fill("nothing like it")
    expect(fresh.app.get_by_text("No preset fits these words.")).to_be_visible()
    assert fresh.tags() == DEFAULT_TAGS
    fresh.open_app()
    expect(fresh.row("Regular").filter(has_text="5 orders")).to_contain_text("Off")
