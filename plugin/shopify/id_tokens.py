"""ID tokens (once called session tokens): App Bridge's one-minute proof of who is asking. They call nothing.

Reference: https://shopify.dev/docs/apps/build/authentication-authorization/id-tokens
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt

from plugin import clock, config
from plugin.shopify import ids

LEEWAY = timedelta(seconds=10)


class InvalidIdToken(Exception):
    """The token proves nothing; the message says which check failed, and never holds the token."""


@dataclass(frozen=True, slots=True)
class IdToken:
    """A verified token: the shop it speaks for, the member of staff who asks, and its raw form for the exchange."""

    shop_domain: str
    user_id: str
    raw: str
    claims: dict[str, Any]


def verify(raw: str) -> IdToken:
    """Check signature, times, audience, issuer and shop of an ID token; InvalidIdToken for any doubt."""
    app = config.current()
    claims = _signed_claims(raw, app.client_secrets, app.client_id)
    _check_times(claims, clock.now())
    try:
        destination, issuer = urlsplit(str(claims["dest"])), urlsplit(str(claims["iss"]))
    except ValueError:
        raise InvalidIdToken("Issuer or destination is no address") from None
    shop_domain = destination.netloc
    if destination.scheme != "https" or not ids.is_shop_domain(shop_domain):
        raise InvalidIdToken("The destination is not a shop")
    # A token for one shop must not have been issued by another one's admin.
    if issuer.scheme != "https" or issuer.netloc != shop_domain:
        raise InvalidIdToken("Issuer and destination are different shops")
    return IdToken(shop_domain, str(claims["sub"]), raw, claims)


def _signed_claims(raw: str, secrets: tuple[str, ...], client_id: str) -> dict[str, Any]:
    problem = "No secret to check with"
    for secret in secrets:
        try:
            # The times are checked by our own clock, which the development store may have moved.
            return jwt.decode(
                raw,
                secret,
                algorithms=["HS256"],
                audience=client_id,
                options={
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "require": ["iss", "dest", "aud", "sub", "exp", "nbf"],
                },
            )
        except jwt.InvalidSignatureError:
            problem = "The signature is not ours"
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise InvalidIdToken(type(error).__name__) from None
    raise InvalidIdToken(problem)


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    try:
        ends = datetime.fromtimestamp(float(claims["exp"]), UTC) + LEEWAY
        begins = datetime.fromtimestamp(float(claims["nbf"]), UTC) - LEEWAY
    except (TypeError, ValueError, OverflowError, OSError):
        raise InvalidIdToken("The times are not numbers") from None
    if now > ends:
        raise InvalidIdToken("Expired")
    if now < begins:
        raise InvalidIdToken("Not valid yet")
