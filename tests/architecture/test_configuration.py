"""A setting exists in three places or in none: plugin/config.py, .env.example and docs/configuration.md."""

import re
from pathlib import Path

import pytest

from plugin import config
from plugin.config import ConfigError

PROJECT = Path(__file__).parents[2]
READ = set(re.findall(r'env\.\w+\("([A-Z_]+)"', (PROJECT / "plugin/config.py").read_text()))
EXAMPLE = (PROJECT / ".env.example").read_text()
REQUIRED = {"REDIS_URL", "APP_URL", "SHOPIFY_CLIENT_ID", "SHOPIFY_CLIENT_SECRET", "TOKEN_KEYS"} | {
    "OPERATOR_NAME",
    "SUPPORT_EMAIL",
}
KEY = "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="


@pytest.fixture
def environment(monkeypatch):
    for name in READ:
        monkeypatch.delenv(name, raising=False)
    for name in REQUIRED - {"TOKEN_KEYS"}:
        monkeypatch.setenv(name, "https://a-long-enough-value")
    monkeypatch.setenv("SUPPORT_EMAIL", "help@regular-people.org")
    monkeypatch.setenv("TOKEN_KEYS", KEY)
    return monkeypatch


def test_every_setting_is_in_the_example():
    assert set(re.findall(r"^#? ?([A-Z_]+)=", EXAMPLE, re.MULTILINE)) == READ


def test_every_setting_has_its_paragraph():
    documented = re.findall(r"^### ([A-Z_]+)$", (PROJECT / "docs/configuration.md").read_text(), re.MULTILINE)
    assert set(documented) == READ


def test_the_required_settings_are_enough(environment):
    assert config.read_environment().environment == "production"


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_missing_setting_stops_the_start_by_its_name(environment, name):
    environment.delenv(name)
    with pytest.raises(ConfigError, match=name):
        config.read_environment()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT", "staging"),
        ("WEB_PORT", "eighty"),
        ("WEB_PORT", "0"),
        ("MAX_BODY_BYTES", "-1"),
        ("TOKEN_KEYS", "short"),
        ("APP_URL", "regulars.example.org"),
        ("APP_URL", "http://regulars.example.org"),
        ("SMTP_URL", "mail.example.org"),
        ("SMTP_URL", "smtp://mail.example.org:many"),
        ("SUPPORT_EMAIL", "somebody"),
        ("TRUSTED_PROXIES", "-1"),
        ("METRICS_TOKEN", "guessed"),
        ("SHOPIFY_URL", "http://127.0.0.1:9000"),
        ("CLOCK_FILE", "somewhere/clock"),
    ],
)
def test_a_setting_that_cannot_work_in_production_stops_the_start(environment, name, value):
    environment.setenv(name, value)
    with pytest.raises(ConfigError, match=name):
        config.read_environment()


def test_a_configuration_never_shows_its_secrets(environment):
    environment.setenv("SHOPIFY_CLIENT_SECRET", "not-for-anybodys-eyes")
    assert "not-for-anybodys-eyes" not in repr(config.read_environment())
    assert KEY not in repr(config.read_environment())
