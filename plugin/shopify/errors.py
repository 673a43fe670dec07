"""What can go wrong when we talk to Shopify. One tree; `transient` says whether another try later is worth it."""

from datetime import timedelta


class ShopifyError(Exception):
    """A call to Shopify did not do what it was for. The message never holds a token or a customer's data."""

    transient = False
    # How long to leave the shop alone: what a person has to mend does not get better by asking every minute.
    pause = timedelta(0)


class Paused(ShopifyError):
    """Not asked: Shopify refused us a while ago, and it is too early to try again."""

    transient = True


class ShopUnavailable(ShopifyError):
    """Shopify or the network failed for now: a time-out, a cut connection, 5xx, 429."""

    transient = True


class Throttled(ShopifyError):
    """The cost bucket stayed too empty for longer than we were willing to wait."""

    transient = True


class EgressRefused(ShopifyError):
    """403: our address is not on the app's IP allow-list, or a scope is missing. Not a token failure.

    Reference: https://shopify.dev/docs/apps/build/dev-dashboard/ip-allowlist
    """

    transient = True
    pause = timedelta(minutes=5)


class CredentialsRefused(ShopifyError):
    """Shopify does not take the app's client id and secret: every shop is affected, and the operator has to mend it."""

    transient = True
    pause = timedelta(minutes=5)


class TokenRejected(ShopifyError):
    """401 with a token that should be valid, or no token at all: only the merchant opening the app brings a new one."""


class ShopGone(ShopifyError):
    """404: no such shop. 402 or 423: the shop is frozen or locked. Nothing to do until that changes."""

    pause = timedelta(hours=1)


class QueryRefused(ShopifyError):
    """A top-level GraphQL error: the document is wrong, access to a field is denied, an id is malformed."""

    pause = timedelta(hours=1)


class UserErrors(ShopifyError):
    """A mutation was answered 200 and refused: its `userErrors`, joined."""


class InvalidSubjectToken(ShopifyError):
    """The ID token was too old for the token exchange; App Bridge fetches a new one when answered 401."""
