"""The pages for a merchant whose admin is in German, on a phone: no English is left, nothing runs over the edge."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Frame

from plugin.language import Language
from tests import collect_texts
from tests.e2e.admin import Admin
from tests.e2e.conftest import PHONE

PAGES = (
    "app",
    "app/presets",
    "app/segments/0",
    "app/segments/4",
    "app/segments/new",
    "app/settings",
    "app/customers",
    "app/customers/101",
    "app/activity",
    "app/data",
)
WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
# What people see, hear or read in fields; segments keep the names and tags they were saved with.
READ = """() => {
  const said = ["heading", "label", "accessibilitylabel", "aria-label", "placeholder", "details", "suffix", "title"];
  const found = [];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) found.push(node.textContent.trim().replace(/\\s+/g, " "));
    if (["SCRIPT", "STYLE", "TEMPLATE"].includes(node.tagName)) return;
    for (const name of said) if (node.getAttribute?.(name)) found.push(node.getAttribute(name));
    for (const child of [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes]) walk(child);
  };
  walk(document.body);
  return found.filter(Boolean);
}"""


@pytest.fixture(scope="module")
def english() -> re.Pattern[str]:
    """Every text that is another in German."""
    texts = [form for each in collect_texts.collected() if each.id for form in collect_texts.forms(each.id)]
    german = Language("de-DE")
    return re.compile("|".join(sorted(map(as_pattern, (each for each in texts if german.text(each) != each)))))


def as_pattern(text: str) -> str:
    parts = re.split(r"\{\w+\}|%\(\w+\)s", text)
    return ".+".join(map(re.escape, parts)) if any(len(part.split()) > 1 for part in parts) or len(parts) == 1 else "$^"


def test_no_english_is_left_and_nothing_runs_over_the_edge(
    shared_shop: str, visit: Callable[..., Admin], english: re.Pattern[str]
) -> None:
    admin = visit(shared_shop, **PHONE)
    admin.wait_until_right()
    names = {name for segment in admin.store.tags(shared_shop) for name in (segment, segment.capitalize())}
    left = {}
    for path in PAGES:
        frame = opened(admin, path)
        found = [text for text in frame.evaluate(READ) if english.fullmatch(text) and text not in names]
        content, screen = frame.evaluate(WIDTHS)
        left[path] = (found, content <= screen)
    assert left == dict.fromkeys(PAGES, ([], True))


def opened(admin: Admin, path: str) -> Frame:
    """A page of the app in a German admin, once its scripts have had their say."""
    admin.page.goto(f"{admin.address}/apps/regulars/{path}?locale=de")
    admin.page.wait_for_load_state("networkidle")
    (frame,) = [each for each in admin.page.frames if "/app" in each.url and "/store/" not in each.url]
    frame.wait_for_selector("html[lang=de-DE]")
    frame.wait_for_load_state("networkidle")
    return frame
