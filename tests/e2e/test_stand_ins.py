"""The development store's stand-ins of Polaris, alone in a page: elements that exist, and behave as documented."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from dev_store import polaris
from tests.support import axe, polaris_manifest

ADMIN = Path(__file__).parents[2] / "admin_ui"
# What ours have beyond the manifest: any element may carry these.
OWN = {"hidden"}
GALLERY = (Path(__file__).parent / "gallery.html").read_text()
ATTRIBUTES_AND_SLOTS = """tags => tags.filter(tag => customElements.get(tag)).map(tag => {
    const slots = document.createElement(tag).shadowRoot.querySelectorAll("slot");
    return [tag, customElements.get(tag).observedAttributes, [...slots].map(slot => slot.name)];
})"""
SENT = "[...new FormData(document.getElementById('form'))].map(each => each.join('=')).join('&')"


@pytest.fixture(scope="module")
def opened(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 1000, "height": 900})
    yield page
    page.close()


@pytest.fixture
def page(opened: Page) -> Page:
    """A page with one of each, fresh for every test."""
    document = '<!doctype html><html lang="en"><head><title>All</title></head><body>%s<script>%s</script></body></html>'
    opened.goto("about:blank")
    opened.set_content(document % (GALLERY, polaris.script()))
    return opened


@pytest.fixture
def heard(page: Page) -> Callable[[str, str], list[Any]]:
    """Note events of an element from now on."""

    def listen(selector: str, *events: str) -> list[Any]:
        page.evaluate("window.heard = []")
        page.eval_on_selector(
            selector, "(e, names) => names.forEach(n => e.addEventListener(n, () => heard.push(n)))", events
        )
        return []

    return listen


def test_every_stand_in_is_of_an_element_that_exists(page: Page) -> None:
    found = page.evaluate(ATTRIBUTES_AND_SLOTS, [*polaris_manifest.elements()])
    assert len(found) > 40
    for tag, attributes, slots in found:
        known = polaris_manifest.elements()[tag]
        assert set(attributes) <= known.values.keys() | OWN, tag
        assert set(slots) - {""} <= known.slots, tag


def test_no_stand_in_is_of_an_element_that_does_not_exist(page: Page) -> None:
    tags = [*polaris_manifest.tags_in_script(polaris.script())]
    made = page.evaluate("tags => tags.filter(tag => customElements.get(tag))", tags)
    assert len(made) > 40
    assert set(made) <= polaris_manifest.elements().keys()


def test_every_element_the_pages_use_has_a_stand_in(page: Page) -> None:
    templates = [polaris_manifest.tags_in_template(path.read_text()) for path in (ADMIN / "templates").glob("*.html")]
    scripts = [polaris_manifest.tags_in_script(path.read_text()) for path in (ADMIN / "static").glob("*.js")]
    used = set().union(*templates, *scripts) - polaris_manifest.FROM_APP_BRIDGE
    assert {tag for tag in used if not page.evaluate("tag => !!customElements.get(tag)", tag)} == set()


def test_all_of_them_pass_the_checks_for_accessibility(page: Page) -> None:
    assert axe.violations(page.main_frame) == []


def test_all_of_them_fit_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    page.set_viewport_size({"width": 1000, "height": 900})
    assert widths[0] <= widths[1]


def test_fields_are_part_of_their_form(page: Page) -> None:
    assert page.evaluate(SENT) == "text=Ann&days=30&spend=5.00&email=&find=&note=&sort=b&on=on&what=stay"
    page.get_by_label("Name").fill("Bob")
    page.get_by_label("Sort by").select_option("a")
    page.get_by_role("switch", name="On").click()
    page.get_by_role("radio", name="Go").click()
    page.get_by_label("Note").fill("x")
    assert page.evaluate(SENT) == "text=Bob&days=30&spend=5.00&email=&find=&note=x&sort=a&what=go"
    page.get_by_role("button", name="Undo all").click()
    assert page.evaluate(SENT) == "text=Ann&days=30&spend=5.00&email=&find=&note=&sort=b&on=on&what=stay"


def test_fields_tell_of_every_keystroke_and_of_the_end(page: Page, heard: Callable[..., list[Any]]) -> None:
    heard("[name=text]", "input", "change")
    page.get_by_label("Name").press_sequentially("ab")
    page.get_by_label("Name").press("Tab")
    assert page.evaluate("heard") == ["input", "input", "change"]


@pytest.mark.parametrize("selector", ["[name=sort]", "[name=on]", "[name=what]"])
def test_choices_tell_of_a_change_once(page: Page, heard: Callable[..., list[Any]], selector: str) -> None:
    heard(selector, "input", "change")
    if selector == "[name=sort]":
        page.get_by_label("Sort by").select_option("a")
    else:
        page.get_by_role(
            "switch" if selector == "[name=on]" else "radio", name="On" if selector == "[name=on]" else "Go"
        ).click()
    assert page.evaluate("heard") == ["input", "change"]


def test_radio_buttons_are_walked_with_the_arrows_past_what_is_disabled(page: Page) -> None:
    page.get_by_role("radio", name="Stay").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Go")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Stay")).to_be_checked()


def test_an_error_set_by_a_script_is_shown_and_told(page: Page) -> None:
    page.eval_on_selector("[name=days]", "field => { field.error = 'Too long' }")
    expect(page.get_by_text("Too long")).to_be_visible()
    assert page.get_by_label("Days").get_attribute("aria-invalid") == "true"


def test_options_may_change_later(page: Page) -> None:
    page.eval_on_selector("s-select", "s => { s.innerHTML = '<s-option value=c>Third</s-option>' }")
    expect(page.get_by_label("Sort by").locator("option")).to_have_text(["Third"])


def test_a_table_leafs_through_its_pages(page: Page, heard: Callable[..., list[Any]]) -> None:
    heard("s-table", "nextpage", "previouspage")
    expect(page.get_by_role("button", name="Previous page")).to_be_disabled()
    page.get_by_role("button", name="Next page").click()
    assert page.evaluate("heard") == ["nextpage"]


def test_a_click_on_a_row_is_a_click_on_its_link(page: Page) -> None:
    page.get_by_role("cell", name="3").click()
    assert page.url.endswith("#ann")


def test_a_popover_opens_beside_its_button_and_closes_with_escape(page: Page) -> None:
    button = page.get_by_role("button", name="More")
    button.click()
    words = page.get_by_text("Hidden words")
    expect(words).to_be_visible()
    page.keyboard.press("Escape")
    expect(words).to_be_hidden()
    button.click()
    button.click()
    expect(words).to_be_hidden()


def test_a_menu_is_walked_with_the_arrows(page: Page) -> None:
    page.get_by_role("button", name="Acts").click()
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    assert axe.violations(page.main_frame) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Delete")).to_be_hidden()


def test_a_tooltip_shows_for_the_keyboard_too(page: Page) -> None:
    page.get_by_role("button", name="Ask").focus()
    expect(page.get_by_role("tooltip")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_text("An answer")).to_be_hidden()


def test_a_slot_without_content_takes_no_room(page: Page) -> None:
    assert page.eval_on_selector("s-table", "table => table.shadowRoot.querySelector('.filters').offsetHeight") == 0
    page.eval_on_selector("s-table", "table => table.insertAdjacentHTML('beforeend', '<p slot=filters>Filter</p>')")
    expect(page.get_by_text("Filter", exact=True)).to_be_visible()
