"""What a merchant does in the browser, by the words they read there, and what the browser complained about."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import ConsoleMessage, FrameLocator, Locator, Page, Route, expect

from dev_store.client import DevStoreClient

# Customer → (days ago, price) of each order. The comments are the segments they are in by default.
ORDERS = {
    101: [(10, "50.00")],  # first-time
    102: [(40, "20.00"), (5, "20.00")],  # repeat
    103: [(80, "20.00"), (40, "20.00"), (5, "20.00")],  # repeat, frequent
    104: [(100, "30.00")],  # first-time, at-risk
    105: [(200, "30.00")],  # first-time, lapsed
    106: [(10, "600.00")],  # first-time, high-spender
}
DEFAULT_TAGS = {
    "first-time": [101, 104, 105, 106],
    "repeat": [102, 103],
    "frequent": [103],
    "high-spender": [106],
    "at-risk": [104],
    "lapsed": [105],
}
PATIENCE_SECONDS = 60


def place_orders(store: DevStoreClient, handle: str) -> None:
    """Give a shop its history."""
    now = store.now()
    for customer, orders in ORDERS.items():
        for days, price in orders:
            at = (now - timedelta(days=days)).isoformat()
            store.place_order(handle, [{"price": price, "quantity": 1}], customer=customer, processed_at=at)


def switch_on(app_url: str, store: DevStoreClient, handle: str) -> bool:
    """Switch on all segments that are off, as the page does; False if none is."""
    token = {"Authorization": f"Bearer {store.id_token(handle)}"}
    with httpx.Client(base_url=app_url, headers=token, timeout=30) as app:
        segments = app.get("/app/api/segments").raise_for_status().json()["segments"]
        on = [{name: said for name, said in each.items() if name != "on"} for each in segments]
        saved = app.put("/app/api/segments", json={"segments": on}).raise_for_status().json()
    return bool(saved["changed"])


@dataclass
class Watch:
    """Everything a healthy page never does."""

    expected: list[str] = field(default_factory=list)
    _seen: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Note errors of this page and its frames."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._seen.append(f"script error: {error}"))

    def check(self, route: Route) -> None:
        """Let requests to this machine through; note any other and stop it."""
        address = urlsplit(route.request.url)
        if address.hostname == "127.0.0.1" or address.scheme == "data":
            route.continue_()
            return
        self._seen.append(f"outside request: {route.request.url}")
        route.abort()

    def expect(self, words: str) -> None:
        """A complaint the test provokes on purpose."""
        self.expected.append(words)

    def complaints(self) -> list[str]:
        """What was seen and not expected."""
        return [seen for seen in self._seen if not any(words in seen for words in self.expected)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._seen.append(f"console {message.type}: {message.text}")


@dataclass
class Admin:
    """One shop's admin in a browser tab."""

    page: Page
    store: DevStoreClient
    handle: str
    address: str

    @property
    def app(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    def open_app(self) -> None:
        """Go to the app; the first time installs it."""
        self.page.goto(f"{self.address}/apps/regulars")
        expect(self.app.get_by_role("heading", name="Regulars", level=1)).to_be_visible()

    def open_settings(self) -> None:
        """Go to the page of all that is decided once."""
        self.page.goto(f"{self.address}/apps/regulars/app/settings")
        expect(self.app.get_by_role("heading", name="Settings", level=1)).to_be_visible()

    def wait_until_right(self) -> None:
        """Wait until the page says that all tags are written."""
        words = self.app.get_by_text("All 6 customers have the right tags").first
        expect(words).to_be_visible(timeout=PATIENCE_SECONDS * 1000)

    def field(self, segment: str, label: str) -> Locator:
        """A threshold by the words beside it."""
        return self.app.get_by_role("group", name=segment).get_by_label(label)

    def row(self, segment: str) -> Locator:
        """A segment's line in the table."""
        return self.app.get_by_role("row").filter(has_text=segment)

    def save(self) -> None:
        """Press Save in the save bar."""
        self.page.get_by_role("button", name="Save").click()

    def discard(self) -> None:
        """Press Discard in the save bar."""
        self.page.get_by_role("button", name="Discard").click()

    def save_bar(self) -> Locator:
        """The bar that says that something is not saved."""
        return self.page.get_by_text("Unsaved changes")

    def eventually(self, look: Callable[[], object], wanted: object) -> None:
        """Wait until `look` finds what is wanted; fails with what it found instead."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (found := look()) != wanted and time.monotonic() < deadline:
            # The browser's own way of waiting: while the test sleeps, none of its requests would be let through.
            self.page.wait_for_timeout(100)
        assert found == wanted

    def tags(self) -> dict[str, list[int]]:
        """Who carries which tag in the store."""
        return {tag: sorted(customers) for tag, customers in self.store.tags(self.handle).items()}
