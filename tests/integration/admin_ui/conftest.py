"""The web application with two shops that have it, and merchants who ask."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugin import clock, config
from plugin.app import create_app
from plugin.config import Config
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.shop import tokens
from plugin.shopify.access_tokens import TokenPair
from tests.integration.admin_ui.asking import Merchant
from tests.support.shop import make_shop

DEV_STORE = "http://127.0.0.1:9"


@pytest.fixture
def app(settings: Config, monkeypatch: pytest.MonkeyPatch) -> Flask:
    assert settings is config.current()
    monkeypatch.setenv("SHOPIFY_URL", DEV_STORE)
    monkeypatch.setenv("APP_BRIDGE_URL", f"{DEV_STORE}/static/app-bridge.js")
    return create_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def in_production(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The same installation on the public internet; ask for it after the shops."""
    for name in ("SHOPIFY_URL", "APP_BRIDGE_URL", "CLOCK_FILE"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("APP_URL", "https://regulars.example.org")
    return create_app().test_client()


@pytest.fixture
def add_shop(client: FlaskClient) -> Callable[..., Merchant]:
    """Install the app in a shop, with the default segments and a token that works."""

    def add(handle: str, currency: str = "USD") -> Merchant:
        domain = f"{handle}.myshopify.com"
        shop_id = make_shop(domain, currency=currency, shopify_id=len(handle))
        with db.write() as session:
            tokens.store(session.get_one(Shop, shop_id), _pair(), clock.now())
        return Merchant(client, domain, shop_id)

    return add


def _pair() -> TokenPair:
    now = clock.now()
    scopes = "read_orders,write_customers"
    return TokenPair("shpat_1", now + timedelta(hours=1), "shprt_1", now + timedelta(days=90), scopes)


@pytest.fixture
def merchant(add_shop: Callable[..., Merchant]) -> Merchant:
    return add_shop("anna")


@pytest.fixture
def other_merchant(add_shop: Callable[..., Merchant]) -> Merchant:
    return add_shop("boris")
