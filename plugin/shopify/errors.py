"""What can go wrong when we talk to Shopify. One tree; `transient` says whether another try later is worth it, `owner`
who can mend it. What the merchant is told about each stands in admin_ui/troubles.py.
"""

from datetime import timedelta
from enum import StrEnum

# What reading an answer ends in that has another shape than all before; a mistake of our own may look the same.
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


class Owner(StrEnum):
    """Who has to do something before it works again."""

    NOBODY = "nobody"  # it passes, or another try mends it
    MERCHANT = "merchant"
    OPERATOR = "operator"


class ShopifyError(Exception):
    """A call to Shopify did not do what it was for. The message never holds a token or a customer's data."""

    transient = False
    owner = Owner.OPERATOR
    # How long to leave the shop alone: what a person has to mend does not get better by asking every minute.
    pause = timedelta(0)


class Paused(ShopifyError):
    """Not asked: Shopify refused us a while ago, and it is too early to try again."""

    transient = True
    owner = Owner.NOBODY


class Uninstalled(ShopifyError):
    """Not asked: the merchant removed the app, and with it our right to call."""

    owner = Owner.NOBODY


class ShopUnavailable(ShopifyError):
    """Shopify or the network failed for now: a time-out, a cut connection, 5xx, 429."""

    transient = True
    owner = Owner.NOBODY


class Throttled(ShopifyError):
    """The cost bucket stayed too empty for longer than we were willing to wait."""

    transient = True
    owner = Owner.NOBODY


class EgressRefused(ShopifyError):
    """403: our address is not on the app's IP allow-list. Not a token failure: the operator has to add the address.

    Reference: https://shopify.dev/docs/apps/build/dev-dashboard/ip-allowlist
    """

    transient = True
    pause = timedelta(minutes=5)


class CredentialsRefused(ShopifyError):
    """Shopify does not take the app's client id and secret: every shop is affected, and the operator has to mend it."""

    transient = True
    pause = timedelta(minutes=5)


class TokenRejected(ShopifyError):
    """401 with a token fresh from a refresh, a dead refresh token, or none: only the merchant opening the app helps."""

    owner = Owner.MERCHANT


class AccessDenied(ShopifyError):
    """The token works, but a scope it needs was not granted or was taken back. Waits for app/scopes_update."""

    transient = True
    owner = Owner.MERCHANT
    pause = timedelta(hours=1)


class ShopFrozen(ShopifyError):
    """402: the shop's own bill at Shopify is unpaid. Works again once the merchant has paid."""

    transient = True
    owner = Owner.MERCHANT
    pause = timedelta(hours=1)


class ShopLocked(ShopifyError):
    """423: Shopify has locked the shop, usually for too many bad requests or a suspicion of fraud."""

    transient = True
    owner = Owner.MERCHANT
    pause = timedelta(hours=1)


class ShopGone(ShopifyError):
    """404: there is no such shop (any more), or the API version is not served."""

    transient = True
    pause = timedelta(hours=6)


class QueryRefused(ShopifyError):
    """A top-level GraphQL error: the document is wrong or an id is malformed. A fault of ours."""

    pause = timedelta(hours=1)


class UserErrors(ShopifyError):
    """A mutation was answered 200 and refused: its `userErrors`, joined."""


class OperationInProgress(UserErrors):
    """All of the shop's places for bulk operations of this kind are taken."""

    transient = True


class InvalidSubjectToken(ShopifyError):
    """The ID token was too old for the token exchange; App Bridge fetches a new one when answered 401."""

    owner = Owner.NOBODY


class CodeRefused(ShopifyError):
    """The authorization code was used before, is too old, or is not Shopify's: installing has to begin again."""

    owner = Owner.MERCHANT
