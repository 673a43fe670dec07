"""A whole installation with a development store beside it. The demo, rehearsals and the browser tests start one.

Keys are made up anew for each; everything listens on 127.0.0.1.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet

from plugin.local import processes
from plugin.local.supervisor import Supervisor

PROJECT = Path(__file__).parents[2]


class Stack(Supervisor):
    """An installation in development. `start_...` what is needed; leaving the block stops it.

    `settings` go before what is made up here. Whatever APP_URL they say, `app_url` is where the app is on this machine.
    """

    def __init__(
        self,
        directory: Path,
        *,
        database_url: str | None = None,
        clock_file: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        app_port, self._dev_store_port = processes.free_port(), processes.free_port()
        self.app_url = f"http://127.0.0.1:{app_port}"
        self.dev_store_url = f"http://127.0.0.1:{self._dev_store_port}"
        self.clock_file = directory.resolve() / "clock" if clock_file else None
        secret = secrets.token_urlsafe(32)
        environment = {
            "ENVIRONMENT": "development",
            "DATABASE_URL": database_url or f"sqlite:///{directory.resolve() / 'regulars.sqlite3'}",
            "REDIS_URL": "",
            "APP_URL": self.app_url,
            "WEB_PORT": str(app_port),
            "OPERATOR_NAME": "A development installation",
            "SUPPORT_EMAIL": "support@localhost.localdomain",
            "SHOPIFY_CLIENT_ID": secrets.token_hex(16),
            "SHOPIFY_CLIENT_SECRET": secret,
            "DEV_STORE_CLIENT_SECRET": secret,
            "ADDRESSES_APPROVED": "true",
            "TOKEN_KEYS": Fernet.generate_key().decode(),
            "SHOPIFY_URL": self.dev_store_url,
            "APP_BRIDGE_URL": f"{self.dev_store_url}/static/app-bridge.js",
            "POLARIS_URL": f"{self.dev_store_url}/static/polaris-1.js",
            "CLOCK_FILE": str(self.clock_file or ""),
        }
        super().__init__(directory, environment | dict(settings or {}))

    def start_dev_store(self) -> None:
        """Start the development store and wait until it answers."""
        options = {
            "--port": str(self._dev_store_port),
            "--app-url": self.environment["APP_URL"],
            "--deliver-to": self.app_url,
            "--client-id": self.environment["SHOPIFY_CLIENT_ID"],
            "--app-file": str(PROJECT / "shopify.app.toml"),
        }
        self.spawn("dev-store", "dev_store", *(word for option in options.items() for word in option))
        self.wait_for("dev-store", f"{self.dev_store_url}/dev/health")
