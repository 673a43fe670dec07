"""docs/app-store.md answers every criterion of the review, in the words it promises, and names what is there."""

import re
import tomllib
from pathlib import Path

import pytest

from plugin.shopify import scopes

PROJECT = Path(__file__).parents[2]
REVIEW = (PROJECT / "docs/app-store.md").read_text()
TEXTS = {"docs/app-store.md": REVIEW, "SECURITY.md": (PROJECT / "SECURITY.md").read_text()}
ANSWERS = ("met", "partly", "open", "yours", "does not apply")


def numbered(prefix: str, last: int) -> list[str]:
    return [f"{prefix}{number}" for number in range(1, last + 1)]


# The numbers of the published lists, as of October 2026: a chapter and how many criteria it has.
REQUIREMENTS = [
    *(("1.1.", 16), ("1.2.", 3), ("1.3.", 1)),
    *(("2.1.", 4), ("2.2.", 9), ("2.3.", 4)),
    *(("3.1.", 1), ("3.2.", 5)),
    *(("4.1.", 2), ("4.2.", 3), ("4.3.", 8), ("4.4.", 5), ("4.5.", 6)),
    ("5.", 10),
]
BUILT_FOR_SHOPIFY = [
    *(("1.1.", 2), ("1.2.", 3), ("2.1.", 3), ("2.2.", 1), ("2.3.", 1)),
    *(("3.1.", 5), ("3.2.", 2), ("4.1.", 6), ("4.2.", 6), ("4.3.", 7)),
]
REASONS = [
    *(("4.1.1-", 11), ("4.1.2-", 3), ("4.1.3-", 1), ("4.1.4-", 4), ("4.1.5-", 2), ("4.1.6-", 2)),
    *(("4.2.1-", 2), ("4.2.2-", 6), ("4.2.3-", 3), ("4.2.4-", 5), ("4.2.5-", 2), ("4.2.6-", 2)),
    *(("4.3.1-", 2), ("4.3.2-", 2), ("4.3.3-", 4), ("4.3.4-", 3), ("4.3.5-", 2), ("4.3.6-", 2), ("4.3.7-", 5)),
]
CHECKS = """
SCOPE_OVER_REQUEST UNSAFE_INNERHTML INSECURE_WEBHOOK_URL COMMITTED_SECRET CREDENTIAL_LOG_LEAKAGE
CREDENTIAL_BROWSER_LEAKAGE METAFIELD_OFFLINE_TOKEN WEAK_SHOP_VALIDATION APP_PROXY_LIQUID_INJECTION
MISSING_TENANT_ISOLATION UNAUTHENTICATED_ENDPOINT REQUEST_CONTROLLED_ADMIN_CONTEXT APP_PROXY_UNVERIFIED_SIGNATURE
REQUEST_DERIVED_SHOP_SCOPE UNSCOPED_SHOP_CONFIG_WRITE STATIC_FRAME_ANCESTORS ACTIVE_UPLOADS_AND_PRIVILEGED_PREVIEWS
SESSION_LIFECYCLE_AND_REPLAY CROSS_SITE_SCRIPTING SQL_INJECTION SSRF_REQUEST_FORGERY THEME_EXTENSION_XSS
MISSING_AUTHORIZATION_CHECK SCRIPT_TAG_URL_INJECTION TEXT_SETTING_HTML_SMUGGLING DEPRECATED_SCRIPT_TAG_SCOPE
LIQUID_UNSAFE_RENDER EXPIRING_OFFLINE_TOKEN MISSING_EMBEDDED_CSP MISSING_COMPLIANCE_WEBHOOKS OPEN_REDIRECT
DEPENDENCY_REACHABILITY OVERBROAD_DATA_ACCESS CSRF_MISSING_PROTECTION MISSING_DEPENDENCY_SECURITY_AUTOMATION
EOL_API_VERSION
"""

CRITERIA = {
    "App Store requirements": [name for chapter in REQUIREMENTS for name in numbered(*chapter)],
    "What the review's robot tries": numbered("R", 3),
    "Billing": numbered("B", 6),
    "Leaving and coming back": numbered("L", 5),
    "Built for Shopify": [*(name for chapter in BUILT_FOR_SHOPIFY for name in numbered(*chapter)), "5"],
    "The published reasons for rejection": [name for chapter in REASONS for name in numbered(*chapter)],
    "Security checks": CHECKS.split(),
    "Protected customer data": numbered("P", 9),
}


def section(heading: str) -> str:
    """The text under a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", REVIEW, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def rows(heading: str) -> list[list[str]]:
    """The rows of the table under a heading, without its head."""
    lines = [line for line in section(heading).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def named_paths(text: str) -> set[str]:
    """Everything in backticks that is a path of this repository by its looks."""
    folders = {path.name for path in PROJECT.iterdir() if path.is_dir()}
    quoted = set(re.findall(r"`([\w./-]+)`", text))
    inside = {name for name in quoted if "/" in name and name.split("/")[0] in folders}
    return inside | {name for name in quoted if re.fullmatch(r"\.?[\w.-]+\.(md|toml|yaml|yml|txt|example)", name)}


@pytest.mark.parametrize("heading", CRITERIA)
def test_every_criterion_has_its_row(heading):
    assert [row[0] for row in rows(heading)] == CRITERIA[heading]


@pytest.mark.parametrize("heading", CRITERIA)
def test_every_answer_is_one_of_the_words_promised(heading):
    assert [row for row in rows(heading) if not row[-1].startswith(ANSWERS)] == []


def test_the_lists_are_as_long_as_the_published_ones():
    assert len(CRITERIA["The published reasons for rejection"]) == 63
    assert len(CRITERIA["Security checks"]) == 36


def test_what_is_open_is_not_said_to_be_met():
    open_ones = re.findall(r"\((\d\.\d\.\d)\)", section("What is open"))
    answers = [row for heading in ("App Store requirements", "Built for Shopify") for row in rows(heading)]
    assert open_ones
    for number in open_ones:
        assert any(row[0] == number and row[-1].startswith(("partly", "open")) for row in answers), number


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_path_named_is_there(name):
    named = named_paths(TEXTS[name])
    assert len(named) > 10
    assert sorted(path for path in named if not (PROJECT / path).exists()) == []


def test_the_scopes_explained_are_the_scopes_asked_for():
    asked = tomllib.loads((PROJECT / "shopify.app.toml").read_text())["access_scopes"]
    explained = {row[0].strip("`"): row[1] for row in rows("Scopes")}
    wanted = dict.fromkeys(asked["scopes"].split(","), "required")
    assert explained == wanted | dict.fromkeys(asked["optional_scopes"], "optional")
    assert explained == dict.fromkeys(scopes.REQUIRED, "required") | dict.fromkeys(scopes.OPTIONAL, "optional")


def test_the_compliance_topics_are_subscribed_to():
    subscriptions = tomllib.loads((PROJECT / "shopify.app.toml").read_text())["webhooks"]["subscriptions"]
    topics = [topic for subscription in subscriptions for topic in subscription.get("compliance_topics", [])]
    assert sorted(topics) == ["customers/data_request", "customers/redact", "shop/redact"]
