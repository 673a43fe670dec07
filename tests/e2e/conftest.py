"""A whole installation, a browser, and shops to look at in it. Whatever the browser complains about fails the test."""

import itertools
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, expect, sync_playwright

from dev_store.client import DevStoreClient
from plugin.local.stack import Stack
from tests.e2e.admin import PATIENCE_SECONDS, Admin, Watch, place_orders, switch_on

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Without a sandbox, because tests often run as root in a container; the rest keeps the browser from calling home.
OPTIONS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack"), clock_file=True) as running:
        running.start_redis()
        running.start_dev_store()
        running.start_web()
        running.start_workers()
        yield running


@pytest.fixture(scope="session")
def store(stack: Stack) -> Iterator[DevStoreClient]:
    with DevStoreClient(stack.dev_store_url) as client:
        yield client


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    # A busy machine takes its time; what is there already is not waited for.
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(driver: Playwright) -> Iterator[Browser]:
    launched = launch(driver)
    yield launched
    launched.close()


def launch(driver: Playwright, *options: str) -> Browser:
    """Start the browser of this machine; none: the one that `playwright install chromium` brought."""
    installed = next(filter(None, map(shutil.which, BROWSERS)), None)
    return driver.chromium.launch(executable_path=installed, chromium_sandbox=False, args=[*OPTIONS, *options])


@pytest.fixture(scope="session")
def new_shop(store: DevStoreClient) -> Callable[[], str]:
    """Open one more shop with the same six customers; the app is not installed in it yet."""
    numbers = itertools.count(1)

    def make() -> str:
        handle = f"shop-{next(numbers)}"
        store.create_shop(handle, plan="plus")
        place_orders(store, handle)
        return handle

    return make


@pytest.fixture
def watch() -> Iterator[Watch]:
    seen = Watch()
    yield seen
    assert seen.complaints() == []


@pytest.fixture
def visit(chromium: Browser, stack: Stack, store: DevStoreClient, watch: Watch) -> Iterator[Callable[..., Admin]]:
    """Open the app in a shop's admin, on a screen of the given kind, and switch its segments on."""
    contexts: list[BrowserContext] = []

    def open_admin(handle: str, *, switched_on: bool = True, **screen: object) -> Admin:
        context = chromium.new_context(**(screen or DESKTOP), service_workers="block")
        contexts.append(context)
        context.route("**/*", watch.check)
        page = context.new_page()
        watch.follow(page)
        admin = Admin(page, store, handle, f"{stack.dev_store_url}/store/{handle}")
        admin.open_app()
        if switched_on and switch_on(stack.app_url, store, handle):
            admin.open_app()
        return admin

    yield open_admin
    for context in contexts:
        context.close()


@pytest.fixture
def fresh(new_shop: Callable[[], str], visit: Callable[..., Admin]) -> Admin:
    """The admin of a shop of the test's own, with the app installed and all tags written."""
    admin = visit(new_shop())
    admin.wait_until_right()
    return admin


@pytest.fixture(scope="session")
def shared_shop(new_shop: Callable[[], str]) -> str:
    """A shop for tests that save nothing."""
    return new_shop()


@pytest.fixture
def shared(shared_shop: str, visit: Callable[..., Admin]) -> Admin:
    admin = visit(shared_shop)
    admin.wait_until_right()
    return admin
