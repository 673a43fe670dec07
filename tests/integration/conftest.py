"""One development store for all tests of the pipeline, and shops of it with the app installed in this process."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin import app as application
from plugin.config import Config
from plugin.shopify import admin_api
from tests.conftest import start
from tests.support.dev_store import DevStoreProcess
from tests.support.installed import Install, InstalledShop, open_app
from tests.support.webhook_receiver import WebhookReceiver
from workers import work_on_runs

PROJECT = Path(__file__).parents[2]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def door() -> Iterator[WebhookReceiver]:
    """Where the development store posts to: deliveries wait there until a test lets them in."""
    with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def shopify_clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shopify") / "clock"


@pytest.fixture(scope="session")
def shopify(door: WebhookReceiver, shopify_clock: Path) -> Iterator[DevStoreProcess]:
    """The development store, with the subscriptions of the app."""
    with DevStoreProcess(
        app_url=door.url,
        app_file=PROJECT / "shopify.app.toml",
        clock_file=shopify_clock,
        delivery_threads=1,
        retry_base=0.01,
    ) as process:
        yield process


@pytest.fixture
def connected(
    settings: Config, shopify: DevStoreProcess, shopify_clock: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DevStoreProcess]:
    """This process as the app of the development store, on a clock they share, and quick to try again."""
    for name, value in {
        "SHOPIFY_CLIENT_ID": shopify.client_id,
        "SHOPIFY_CLIENT_SECRET": shopify.client_secret,
        "SHOPIFY_URL": shopify.url,
        "CLOCK_FILE": str(shopify_clock),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(admin_api, "RETRY_SECONDS", (0.01, 0.02))
    monkeypatch.setattr(work_on_runs, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(work_on_runs, "POLLS_A_JOB", 100)
    start()
    yield shopify
    shopify.client.clear_faults()
    shopify.client.disorder()
    shopify.client.set_clock("")


@pytest.fixture
def new_shop(connected: DevStoreProcess, door: WebhookReceiver) -> Install:
    """Opens shops in the store that have not installed the app yet."""

    def opened(**options: Any) -> InstalledShop:
        handle = f"store-{next(_numbers)}"
        connected.client.create_shop(handle, **options)
        return InstalledShop(handle, 0, connected.client, application.create_app(), door)

    return opened


@pytest.fixture
def shop(new_shop: Install) -> InstalledShop:
    """A shop whose empty history is imported."""
    opened = new_shop()
    opened.id = open_app(opened.store, opened.handle)
    work_on_runs.work_on_runs(opened.id)
    return opened
