"""`make screenshots`: every page of the app into docs/images, as desktop and phone show it, on CDNOW's real orders.

A month and a day of the history is rehearsed, so that charts have something to show; the dates are the data's own, and
the pictures are the same on every machine. Takes some minutes.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from dev_store.client import DevStoreClient
from plugin import config, queues
from plugin.local import demo, rehearsal
from plugin.local.rehearsal import Rehearsal
from plugin.segments import presets
from tests.e2e.conftest import BROWSERS, DESKTOP, OPTIONS, PHONE
from workers import count_days, serve, sweep

IMAGES = Path(__file__).parents[1] / "docs" / "images"
END = datetime(1998, 6, 30, tzinfo=UTC)
DAYS = timedelta(days=32)
NEW_SHOP = "new-shop"
# Name, path below the app's own page in the admin, and what to press first.
PAGES = (
    ("home", "", ""),
    ("presets", "/presets", ""),
    ("segment", "/segments/2", ""),
    ("new-segment", "/segments/new?preset=vip", ""),
    ("settings", "/settings", ""),
    ("customer", "/customers/{customer}", "summary"),
    ("customers", "/customers", ""),
    ("activity", "/activity", ""),
    ("data", "/data", ""),
)
SETTLED_MS = 1_500


def main() -> None:
    """Rehearse, and take the pictures at the end of the last step, while everything is still running."""
    plan = Rehearsal(demo.CDNOW, presets.DEFAULTS, END - DAYS, END, timedelta(days=1))
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        seen = None
        for row in rehearsal.rehearse(plan, Path(folder)):
            if row.as_of == seen:
                continue
            seen = row.as_of
            _count_day()
            if seen == END:
                _take_all()


def _count_day() -> None:
    """What the timetable does every hour, and a rehearsal leaves out."""
    count_days.count_days()
    serve.serve(queues.QUEUES, burst=True)


def _take_all() -> None:
    settings = config.current()
    with DevStoreClient(settings.shopify_url or "") as store, _browser() as browser:
        customer = store.tags(rehearsal.HANDLE)["at-risk"][0]
        _open_new_shop(store, settings.shopify_url or "")
        for kind, screen in (("desktop", DESKTOP), ("phone", PHONE)):
            page = browser.new_page(**screen, device_scale_factor=1)
            _take(page, f"{settings.shopify_url}/store/{NEW_SHOP}/apps/regulars/app", "", f"first-run-{kind}")
            admin = f"{settings.shopify_url}/store/{rehearsal.HANDLE}/apps/regulars/app"
            for name, path, pressed in PAGES:
                _take(page, admin + path.format(customer=customer), pressed, f"{name}-{kind}")
            page.close()


def _open_new_shop(store: DevStoreClient, admin: str) -> None:
    """A shop that has the app since a moment ago: its history is read, and nothing is switched on."""
    store.create_shop(NEW_SHOP)
    store.load(NEW_SHOP, demo.CDNOW, known_until=END)
    demo.open_app(f"{admin}/store/{NEW_SHOP}/apps/regulars")
    sweep.sweep()
    serve.serve(queues.QUEUES, burst=True)


def _take(page: Page, address: str, pressed: str, name: str) -> None:
    page.goto(address)
    page.frame_locator("iframe").get_by_role("heading", level=1).wait_for()
    page.wait_for_timeout(SETTLED_MS)
    if pressed:
        page.frame_locator("iframe").locator(pressed).first.click()
    # The frame scrolls, not the page around it: as high as what is in it, up to what a reader looks at.
    height = page.frames[1].evaluate("document.documentElement.scrollHeight")
    width = page.viewport_size["width"] if page.viewport_size else DESKTOP["viewport"]["width"]
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": min(height + 120, 2_000)})
    page.wait_for_timeout(SETTLED_MS // 3)
    page.screenshot(path=IMAGES / f"{name}.png")
    if before:
        page.set_viewport_size(before)


@contextmanager
def _browser() -> Iterator[Browser]:
    installed = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed, chromium_sandbox=False, args=OPTIONS)
        yield browser
        browser.close()


if __name__ == "__main__":
    main()
