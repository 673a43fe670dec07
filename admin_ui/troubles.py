"""What a merchant is told when Shopify refuses or fails us: one row for each kind of failure (plugin.shopify.errors).

`problems` shows them while the app lives, `refusals` when opening it fails. Knows no shop.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from plugin import config
from plugin.segments.voice import Said
from plugin.shopify import errors
from plugin.shopify.errors import Owner, ShopifyError


@dataclass(frozen=True, slots=True)
class Trouble:
    """`meanwhile`: what happens to orders and tags until it is mended. `todo`: what the merchant can do now."""

    heading: Said
    meanwhile: Said
    todo: Said


TROUBLES: dict[type[ShopifyError], Trouble] = {
    errors.TokenRejected: Trouble(
        Said("Regulars cannot reach your store"),
        Said(
            "Shopify no longer accepts our access. Orders that come in meanwhile are kept, and tags catch up by "
            "themselves."
        ),
        Said("Opening this page renews the access: reload it now."),
    ),
    errors.ShopUnavailable: Trouble(
        Said("Shopify does not answer at the moment"),
        Said("Orders are still counted. Tags wait, and catch up by themselves once Shopify answers again."),
        Said("There is nothing to do: we try again every minute. Reload this page to try at once."),
    ),
    errors.Throttled: Trouble(
        Said("Shopify asks us to go slower"),
        Said(
            "Orders are still counted. Tags wait, and catch up by themselves as fast as Shopify lets us. Other "
            "apps that work in your store at the same time share that pace."
        ),
        Said("There is nothing to do."),
    ),
    errors.EgressRefused: Trouble(
        Said("Shopify refuses calls from our servers"),
        Said(
            "Orders are still counted. Tags wait, and catch up by themselves once our servers' addresses are "
            "allowed again."
        ),
        Said("There is nothing you can do here."),
    ),
    errors.CredentialsRefused: Trouble(
        Said("Shopify does not accept the app's own credentials"),
        Said("This concerns every store. Orders that come in meanwhile are kept, and tags catch up by themselves."),
        Said("There is nothing you can do here."),
    ),
    errors.AccessDenied: Trouble(
        Said("Regulars is not allowed to do its work in your store"),
        Said(
            "A permission is missing, or a protected kind of data. Orders are still counted. Tags wait, and catch"
            " up by themselves once the access is back."
        ),
        Said(
            "Look at “Data and permissions” and allow what is missing there. If nothing is missing, write to our "
            "support."
        ),
    ),
    errors.ShopFrozen: Trouble(
        Said("Shopify has paused your store"),
        Said(
            "Usually a Shopify invoice is unpaid. Orders are still counted. Tags wait, and catch up by themselves"
            " within an hour after the store is open again."
        ),
        Said("The store's owner can settle it under Settings, Billing in the Shopify admin. Then reload this page."),
    ),
    errors.ShopLocked: Trouble(
        Said("Shopify has locked your store"),
        Said(
            "Apps cannot reach a locked store. Orders are still counted. Tags wait, and catch up by themselves "
            "within an hour after Shopify has unlocked it."
        ),
        Said("Ask Shopify's support why the store is locked. Once it is open, reload this page."),
    ),
    errors.ShopGone: Trouble(
        Said("Shopify does not find your store"),
        Said(
            "Orders are still counted. Tags wait, and catch up by themselves if Shopify finds it again: we try "
            "every few hours."
        ),
        Said("Reload this page to try at once."),
    ),
    errors.QueryRefused: Trouble(
        Said("Shopify did not understand us"),
        Said(
            "This is a fault of ours. Orders are still counted. Tags wait, and catch up by themselves once it is "
            "mended: we try every hour."
        ),
        Said("There is nothing you can do here."),
    ),
}

# A refusal noted by a version of the app that knew other kinds.
UNKNOWN = Trouble(
    Said("Shopify refuses to answer Regulars for now"),
    Said("Orders are still counted. Tags wait, and catch up by themselves once Shopify answers again."),
    Said("Reload this page to try at once."),
)

# What to do differs when the app could not even be opened: there is no page to reload or to look at yet.
WHEN_OPENING: dict[type[ShopifyError], Said] = {
    errors.TokenRejected: Said(
        "Open Regulars again from the Apps menu of your Shopify admin. "
        "If this page comes back, remove the app and install it again: your thresholds are kept."
    ),
    errors.ShopUnavailable: Said("Reload this page in a minute."),
    errors.Throttled: Said("Reload this page in a minute."),
    errors.AccessDenied: Said("Open Regulars again from the Apps menu and accept the permissions it asks for."),
}


def by_name(name: str | None) -> type[ShopifyError] | None:
    """The kind of failure a shop's row names, or of which what it names is a special case."""
    named = next((kind for kind in _below(ShopifyError) if kind.__name__ == name), None)
    return next((kind for kind in TROUBLES if named is not None and issubclass(named, kind)), None)


def about(kind: type[ShopifyError] | None) -> tuple[Said, Said]:
    """Heading and text for the page of an installed shop."""
    trouble = TROUBLES.get(kind, UNKNOWN) if kind else UNKNOWN
    return trouble.heading, _in_a_row(trouble.meanwhile, trouble.todo, *_who_mends_it(kind))


def when_opening(kind: type[ShopifyError]) -> tuple[Said, Said]:
    """Heading and text for somebody who could not open the app because of it."""
    known = next((each for each in TROUBLES if issubclass(kind, each)), None)
    trouble = TROUBLES[known] if known else UNKNOWN
    todo = WHEN_OPENING.get(known, trouble.todo) if known else trouble.todo
    return trouble.heading, _in_a_row(Said("Nothing is lost."), todo, *_who_mends_it(known))


def _below(kind: type[ShopifyError]) -> Iterator[type[ShopifyError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _in_a_row(first: Said, *others: Said) -> Said:
    for other in others:
        first = Said("{first} {then}", first=first, then=other)
    return first


def _who_mends_it(kind: type[ShopifyError] | None) -> tuple[Said, ...]:
    if kind is not None and kind.owner is not Owner.OPERATOR:
        return ()
    address = config.current().support_email
    return (Said("Our team has to mend it; if it lasts longer than an hour, write to {address}.", address=address),)
