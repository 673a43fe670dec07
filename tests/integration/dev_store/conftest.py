"""One development store for all tests here, and a shop of its own with the app installed for each test."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev_store import access
from dev_store.client import DevStoreClient
from tests.support.dev_store import DevStoreProcess
from tests.support.webhook_receiver import WebhookReceiver

APP_FILE = """
[access_scopes]
scopes = "read_orders,write_customers"
optional_scopes = ["write_discounts"]
[webhooks]
api_version = "2026-10"
[[webhooks.subscriptions]]
topics = ["app/uninstalled", "app/scopes_update", "shop/update", "bulk_operations/finish"]
uri = "/webhooks"
[[webhooks.subscriptions]]
compliance_topics = ["customers/data_request", "customers/redact", "shop/redact"]
uri = "/webhooks"
[[webhooks.subscriptions]]
topics = ["orders/create", "orders/updated", "orders/paid", "orders/cancelled", "orders/edited", "orders/delete"]
uri = "/webhooks"
[[webhooks.subscriptions]]
topics = ["refunds/create", "customers/update", "customers/delete", "customers/merge"]
uri = "/webhooks"
[[webhooks.subscriptions]]
topics = ["customer.tags_added", "customer.tags_removed", "customers/purchasing_summary"]
uri = "/webhooks/sums-and-tags"
[[webhooks.subscriptions]]
topics = ["customers_email_marketing_consent/update"]
uri = "/webhooks/sums-and-tags"
[[webhooks.subscriptions]]
topics = ["customers/create"]
uri = "/webhooks/new-customers"
include_fields = ["id", "updated_at"]
"""
_handles = (f"shop-{number}" for number in itertools.count(1))


@dataclass(frozen=True, slots=True)
class Installed:
    """A shop with the app installed, seen from the app's side."""

    handle: str
    store: DevStoreProcess
    dev: DevStoreClient
    http: httpx.Client
    grant: dict[str, Any]

    @property
    def domain(self) -> str:
        return f"{self.handle}.myshopify.com"

    def post(
        self, document: str, /, token: str | None = None, version: str = "2026-10", **variables: Any
    ) -> httpx.Response:
        return self.http.post(
            f"https://{self.domain}/admin/api/{version}/graphql.json",
            json={"query": document, "variables": variables},
            headers={"X-Shopify-Access-Token": token or self.grant["access_token"]},
        )

    def ask(self, document: str, /, **variables: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.post(document, **variables).json()
        return answer

    def customer(self) -> int:
        number: int = self.dev.create_customer(self.handle)["id"]
        return number


def exchange(store: DevStoreProcess, http: httpx.Client, handle: str, **changes: Any) -> httpx.Response:
    """Ask for an offline token as the app does when a merchant opens it."""
    form = {
        "client_id": store.client_id,
        "client_secret": store.client_secret,
        "grant_type": access.TOKEN_EXCHANGE,
        "subject_token": store.client.id_token(handle),
        "subject_token_type": access.ID_TOKEN_TYPE,
        "requested_token_type": access.OFFLINE_TOKEN_TYPE,
        "expiring": 1,
    }
    return http.post(f"https://{handle}.myshopify.com/admin/oauth/access_token", json=form | changes)


@pytest.fixture(scope="session")
def app() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def store(app: WebhookReceiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevStoreProcess]:
    directory: Path = tmp_path_factory.mktemp("dev-store")
    (directory / "shopify.app.toml").write_text(APP_FILE)
    with DevStoreProcess(
        app_url=app.url,
        app_file=directory / "shopify.app.toml",
        clock_file=directory / "clock",
        delivery_threads=1,
        retry_base=0.01,
    ) as process:
        yield process


@pytest.fixture(scope="session")
def http(store: DevStoreProcess) -> Iterator[httpx.Client]:
    with store.shopify(timeout=10) as client:
        yield client


@pytest.fixture
def install(store: DevStoreProcess, http: httpx.Client) -> Iterator[Callable[..., Installed]]:
    """Open a shop and install the app in it; faults, disorder and clock are as before afterwards."""

    def opened(**options: Any) -> Installed:
        handle = next(_handles)
        store.client.create_shop(handle, **options)
        return Installed(handle, store, store.client, http, exchange(store, http, handle).json())

    yield opened
    store.client.clear_faults()
    store.client.disorder()
    store.client.set_clock("")


@pytest.fixture
def shop(install: Callable[..., Installed]) -> Installed:
    return install()
