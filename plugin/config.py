"""Every setting, read once from the environment and checked. `plugin.app.start` calls `load`, the rest `current()`.

A missing or unreadable setting stops the start, saying which one. docs/configuration.md explains each.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from environs import Env, EnvError
from marshmallow.validate import Email, Length, OneOf, Range


class ConfigError(Exception):
    """The environment does not describe a working installation; the message says what to set."""


@dataclass(frozen=True, slots=True)
class Config:
    """One installation. `shopify_url`, `clock_file` and the stand-in script addresses are for development only."""

    environment: str
    database_url: str
    data_dir: Path
    redis_url: str
    app_url: str
    web_host: str
    web_port: int
    trusted_proxies: int
    operator_name: str
    support_email: str
    client_id: str
    client_secret: str
    old_client_secret: str | None
    token_keys: tuple[str, ...]
    api_version: str
    addresses_approved: bool
    customer_names: bool
    app_bridge_url: str
    polaris_url: str
    max_body_bytes: int
    drain_batch_size: int
    bulk_tags_from: int
    lease_seconds: int
    changes_kept_days: int
    smtp_url: str | None
    smtp_from: str
    log_level: str
    metrics_token: str | None
    shopify_url: str | None
    clock_file: Path | None

    def __repr__(self) -> str:
        secrets = {"client_secret", "old_client_secret", "token_keys", "metrics_token"}
        hidden = secrets | {"database_url", "redis_url", "smtp_url"}  # hold passwords
        shown = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if f.name not in hidden)
        return f"Config({shown})"

    @property
    def client_secrets(self) -> tuple[str, ...]:
        """The secrets a signature may have been made with: the current one, then the one being rotated out."""
        return tuple(secret for secret in (self.client_secret, self.old_client_secret) if secret)


SHORTEST_TOKEN = 16

_current: Config | None = None


def load() -> Config:
    """Read the environment, make it the current configuration and return it; ConfigError says what is wrong."""
    global _current  # noqa: PLW0603 - one process serves one installation
    _current = read_environment()
    return _current


def current() -> Config:
    """The configuration this process was started with."""
    if _current is None:
        raise ConfigError("No configuration loaded: start through plugin.app.start()")
    return _current


def read_environment() -> Config:
    """Build a Config from the environment without making it current."""
    env = Env()
    try:
        config = Config(
            environment=env.str("ENVIRONMENT", "production", validate=OneOf(["production", "development"])),
            database_url=env.str("DATABASE_URL", "sqlite:///.data/regulars.sqlite3"),
            data_dir=Path(env.str("DATA_DIR", ".data", validate=Length(min=1))),
            redis_url=env.str("REDIS_URL", validate=Length(min=1)),
            app_url=env.str("APP_URL").rstrip("/"),
            web_host=env.str("WEB_HOST", "127.0.0.1", validate=Length(min=1)),
            web_port=env.int("WEB_PORT", 8000, validate=Range(1, 65535)),
            trusted_proxies=env.int("TRUSTED_PROXIES", 0, validate=Range(0, 10)),
            operator_name=env.str("OPERATOR_NAME", validate=Length(min=1)),
            support_email=env.str("SUPPORT_EMAIL", validate=Email()),
            client_id=env.str("SHOPIFY_CLIENT_ID", validate=Length(min=1)),
            client_secret=env.str("SHOPIFY_CLIENT_SECRET", validate=Length(min=16)),
            old_client_secret=env.str("SHOPIFY_OLD_CLIENT_SECRET", None) or None,
            token_keys=tuple(env.list("TOKEN_KEYS")),
            api_version=env.str("SHOPIFY_API_VERSION", "2026-10"),
            addresses_approved=env.bool("ADDRESSES_APPROVED", False),
            customer_names=env.bool("CUSTOMER_NAMES", False),
            app_bridge_url=env.str("APP_BRIDGE_URL", "https://cdn.shopify.com/shopifycloud/app-bridge.js"),
            polaris_url=env.str("POLARIS_URL", "https://cdn.shopify.com/shopifycloud/polaris-1.js"),
            max_body_bytes=env.int("MAX_BODY_BYTES", 5_000_000, validate=Range(1)),
            drain_batch_size=env.int("DRAIN_BATCH_SIZE", 500, validate=Range(1, 5_000)),
            bulk_tags_from=env.int("BULK_TAGS_FROM", 500, validate=Range(1)),
            lease_seconds=env.int("LEASE_SECONDS", 60, validate=Range(1)),
            changes_kept_days=env.int("CHANGES_KEPT_DAYS", 730, validate=Range(60, 3_650)),
            smtp_url=env.str("SMTP_URL", None) or None,
            smtp_from=env.str("SMTP_FROM", "") or env.str("SUPPORT_EMAIL"),
            log_level=env.str("LOG_LEVEL", "INFO", validate=OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])),
            metrics_token=env.str("METRICS_TOKEN", None) or None,
            shopify_url=env.str("SHOPIFY_URL", None) or None,
            clock_file=Path(path) if (path := env.str("CLOCK_FILE", "")) else None,
        )
    except EnvError as error:
        raise ConfigError(f"{error} (see .env.example)") from error
    check(config)
    return config


def check(config: Config) -> None:
    """Refuse what reads well and would not work; ConfigError says why."""
    if not config.token_keys:
        raise ConfigError("TOKEN_KEYS needs at least one key: make one with `regulars keys new`")
    for key in config.token_keys:
        try:
            Fernet(key)
        except ValueError as error:
            raise ConfigError("TOKEN_KEYS: each key is 32 bytes in URL-safe base64 (`regulars keys new`)") from error
    if config.metrics_token is not None and len(config.metrics_token) < SHORTEST_TOKEN:
        raise ConfigError(f"METRICS_TOKEN needs at least {SHORTEST_TOKEN} characters that nobody can guess")
    if config.smtp_url is not None:
        _check_smtp(config.smtp_url)
    if not urlsplit(config.app_url).scheme:
        raise ConfigError("APP_URL needs its scheme, for example https://regulars.your-company.com")
    if config.environment == "production" and urlsplit(config.app_url).scheme != "https":
        raise ConfigError("APP_URL must be https in production: Shopify embeds and calls nothing else")
    if config.environment == "production" and (config.shopify_url or config.clock_file):
        raise ConfigError("SHOPIFY_URL and CLOCK_FILE point at a development store; production talks to Shopify itself")


def _check_smtp(address: str) -> None:
    try:
        parts = urlsplit(address)
        readable = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        readable = False
    if not readable:
        raise ConfigError("SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host:465")
