"""Merchants who ask: ID tokens with any flaw one wants, and requests that carry them."""

from dataclasses import dataclass
from typing import Any

import jwt
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from plugin import clock, config
from plugin.db import session as db
from plugin.db.models import Shop


def id_token(domain: str, secret: str | None = None, **changed: Any) -> str:
    """A token as Shopify signs it, with some claims changed; None takes a claim away."""
    now = int(clock.now().timestamp())
    claims = {
        "iss": f"https://{domain}/admin",
        "dest": f"https://{domain}",
        "aud": config.current().client_id,
        "sub": "42",
        "exp": now + 60,
        "nbf": now,
        "iat": now,
        **changed,
    }
    kept = {name: claim for name, claim in claims.items() if claim is not None}
    return jwt.encode(kept, secret or config.current().client_secret, "HS256")


@dataclass(frozen=True)
class Merchant:
    """Somebody in one shop's admin."""

    client: FlaskClient
    domain: str
    shop_id: int

    def open(self, path: str = "/app", **query: str) -> TestResponse:
        """Load a document as the admin does."""
        return self.client.get(path, query_string={"shop": self.domain, "id_token": id_token(self.domain), **query})

    def get(self, path: str, **options: Any) -> TestResponse:
        """Fetch as the page's scripts do."""
        return self.client.get(path, headers=self.bearer(), **options)

    def save(self, segments: Any) -> TestResponse:
        """Save a set of definitions."""
        return self.client.put("/app/api/segments", json={"segments": segments}, headers=self.bearer())

    def segments(self) -> list[dict[str, Any]]:
        """The definitions as the API gives them."""
        return self.get("/app/api/segments").get_json()["segments"]

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {id_token(self.domain)}"}

    def set_shop(self, **columns: object) -> None:
        """Change the shop's row."""
        with db.write() as session:
            shop = session.get_one(Shop, self.shop_id)
            for name, value in columns.items():
                setattr(shop, name, value)

    def add(self, *rows: Any) -> None:
        """Put rows into the database."""
        with db.write() as session:
            session.add_all(rows)
