"""What a merchant is told when Shopify refuses or fails us: one row for each kind of failure (plugin.shopify.errors).

`problems` shows them while the app lives, `refusals` when opening it fails. Knows no shop.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from plugin import config
from plugin.shopify import errors
from plugin.shopify.errors import Owner, ShopifyError


@dataclass(frozen=True, slots=True)
class Trouble:
    """`meanwhile`: what happens to orders and tags until it is mended. `todo`: what the merchant can do now."""

    heading: str
    meanwhile: str
    todo: str


KEPT = "Orders that come in meanwhile are kept, and tags catch up by themselves."
COUNTED = "Orders are still counted. Tags wait, and catch up by themselves"

TROUBLES: dict[type[ShopifyError], Trouble] = {
    errors.TokenRejected: Trouble(
        "Regulars cannot reach your store",
        f"Shopify no longer accepts our access. {KEPT}",
        "Opening this page renews the access: reload it now.",
    ),
    errors.ShopUnavailable: Trouble(
        "Shopify does not answer at the moment",
        f"{COUNTED} once Shopify answers again.",
        "There is nothing to do: we try again every minute. Reload this page to try at once.",
    ),
    errors.Throttled: Trouble(
        "Shopify asks us to go slower",
        f"{COUNTED} as fast as Shopify lets us. Other apps that work in your store at the same time share that pace.",
        "There is nothing to do.",
    ),
    errors.EgressRefused: Trouble(
        "Shopify refuses calls from our servers",
        f"{COUNTED} once our servers' addresses are allowed again.",
        "There is nothing you can do here.",
    ),
    errors.CredentialsRefused: Trouble(
        "Shopify does not accept the app's own credentials",
        f"This concerns every store. {KEPT}",
        "There is nothing you can do here.",
    ),
    errors.AccessDenied: Trouble(
        "Regulars is not allowed to do its work in your store",
        f"A permission is missing, or a protected kind of data. {COUNTED} once the access is back.",
        "Look at “Data and permissions” and allow what is missing there. If nothing is missing, write to our support.",
    ),
    errors.ShopFrozen: Trouble(
        "Shopify has paused your store",
        f"Usually a Shopify invoice is unpaid. {COUNTED} within an hour after the store is open again.",
        "The store's owner can settle it under Settings, Billing in the Shopify admin. Then reload this page.",
    ),
    errors.ShopLocked: Trouble(
        "Shopify has locked your store",
        f"Apps cannot reach a locked store. {COUNTED} within an hour after Shopify has unlocked it.",
        "Ask Shopify's support why the store is locked. Once it is open, reload this page.",
    ),
    errors.ShopGone: Trouble(
        "Shopify does not find your store",
        f"{COUNTED} if Shopify finds it again: we try every few hours.",
        "Reload this page to try at once.",
    ),
    errors.QueryRefused: Trouble(
        "Shopify did not understand us",
        f"This is a fault of ours. {COUNTED} once it is mended: we try every hour.",
        "There is nothing you can do here.",
    ),
}

# A refusal noted by a version of the app that knew other kinds.
UNKNOWN = Trouble(
    "Shopify refuses to answer Regulars for now",
    f"{COUNTED} once Shopify answers again.",
    "Reload this page to try at once.",
)

WRONG_TOKEN = "Open Regulars again from the Apps menu of your Shopify admin."  # noqa: S105 - words for people

# What to do differs when the app could not even be opened: there is no page to reload or to look at yet.
WHEN_OPENING: dict[type[ShopifyError], str] = {
    errors.TokenRejected: f"{WRONG_TOKEN} If this page comes back, remove the app and install it again: "
    "your thresholds are kept.",
    errors.ShopUnavailable: "Reload this page in a minute.",
    errors.Throttled: "Reload this page in a minute.",
    errors.AccessDenied: "Open Regulars again from the Apps menu and accept the permissions it asks for.",
}


def by_name(name: str | None) -> type[ShopifyError] | None:
    """The kind of failure a shop's row names, or of which what it names is a special case."""
    named = next((kind for kind in _below(ShopifyError) if kind.__name__ == name), None)
    return next((kind for kind in TROUBLES if named is not None and issubclass(named, kind)), None)


def about(kind: type[ShopifyError] | None) -> tuple[str, str]:
    """Heading and text for the page of an installed shop."""
    trouble = TROUBLES.get(kind, UNKNOWN) if kind else UNKNOWN
    return trouble.heading, f"{trouble.meanwhile} {trouble.todo}{_who_mends_it(kind)}"


def when_opening(kind: type[ShopifyError]) -> tuple[str, str]:
    """Heading and text for somebody who could not open the app because of it."""
    known = next((each for each in TROUBLES if issubclass(kind, each)), None)
    trouble = TROUBLES[known] if known else UNKNOWN
    todo = WHEN_OPENING.get(known, trouble.todo) if known else trouble.todo
    return trouble.heading, f"Nothing is lost. {todo}{_who_mends_it(known)}"


def _below(kind: type[ShopifyError]) -> Iterator[type[ShopifyError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _who_mends_it(kind: type[ShopifyError] | None) -> str:
    if kind is not None and kind.owner is not Owner.OPERATOR:
        return ""
    return f" Our team has to mend it; if it lasts longer than an hour, write to {config.current().support_email}."
