"""The web application over an empty database, two shops that have the app, and ID tokens as Shopify signs them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient

from plugin import clock, queues, segment_store
from plugin.app import create_app
from plugin.db import session as db
from plugin.db.models import Base, Shop
from plugin.segments import presets
from tests.integration.admin_ui.asking import CLIENT_ID, CLIENT_SECRET, Merchant

SETTINGS = {
    "ENVIRONMENT": "development",
    "APP_URL": "http://127.0.0.1:5000",
    "SHOPIFY_CLIENT_ID": CLIENT_ID,
    "SHOPIFY_CLIENT_SECRET": CLIENT_SECRET,
    "SHOPIFY_URL": "http://127.0.0.1:9",
    # Nothing listens there: saving must work without Redis.
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "APP_BRIDGE_URL": "http://127.0.0.1:9/static/app-bridge.js",
    "POLARIS_URL": "https://cdn.shopify.com/shopifycloud/polaris-1.js",
}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TOKEN_KEYS", Fernet.generate_key().decode())
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/test.sqlite3")
    monkeypatch.delenv("CLOCK_FILE", raising=False)
    queues.connection.cache_clear()
    yield monkeypatch
    queues.connection.cache_clear()


@pytest.fixture
def app(settings: pytest.MonkeyPatch) -> Flask:
    made = create_app()
    Base.metadata.create_all(db.engine())
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def add_shop(client: FlaskClient) -> Callable[..., Merchant]:
    """Install the app in a shop, with the default segments and a token that works."""

    def add(handle: str, currency: str = "USD") -> Merchant:
        now = clock.now()
        domain = f"{handle}.myshopify.com"
        with db.write() as session:
            shop = Shop(domain=domain, currency=currency, installed_at=now, imported_at=now, settings={}, scopes="")
            shop.refresh_token_expires_at = now + timedelta(days=90)
            session.add(shop)
            session.flush()
            segment_store.save(session, shop.id, presets.DEFAULTS, now)
            return Merchant(client, domain, shop.id)

    return add


@pytest.fixture
def merchant(add_shop: Callable[..., Merchant]) -> Merchant:
    return add_shop("anna")


@pytest.fixture
def other_merchant(add_shop: Callable[..., Merchant]) -> Merchant:
    return add_shop("boris")
