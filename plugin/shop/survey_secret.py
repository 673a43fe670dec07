"""What a shop's survey tools sign their answers with: made, shown once, kept encrypted, and asked whether a request was
signed with it. Called by admin_ui.survey_api and the page's API.
"""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from plugin.db.models import Shop
from plugin.shop import tokens
from plugin.shopify import errors

# A request that was caught on its way can be sent again for so long, and then changes nothing that it did not before.
GOOD_FOR = timedelta(minutes=5)
STAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
# Compared with where there is no secret, so that the time an answer takes tells nobody which shops there are.
_NOBODYS = secrets.token_bytes(32)


def renew(shop: Shop, now: datetime) -> str:
    """A new secret, and the only time it is shown; requests signed with the one before are refused from now on."""
    made = f"rgl_{secrets.token_urlsafe(32)}"
    shop.answers_secret, shop.answers_secret_at = tokens.box().encrypt(made.encode()), now
    return made


def drop(shop: Shop) -> bool:
    """Take no more answers from survey tools; False if none were taken before."""
    had_one = shop.answers_secret is not None
    shop.answers_secret = shop.answers_secret_at = None
    return had_one


def sign(secret: str, stamp: str, body: bytes) -> str:
    """The signature of a body sent at `stamp`, the seconds since 1970 in digits: an HMAC-SHA256 in hexadecimal."""
    return _digest(secret.encode(), stamp, body)


def is_signed(shop: Shop | None, stamp: str, signature: str, body: bytes, now: datetime) -> bool:
    """Whether the shop's tools signed these very bytes within the last minutes."""
    secret = _opened(shop)
    fits = STAMP.fullmatch(stamp) is not None and SIGNATURE.fullmatch(signature) is not None
    right = hmac.compare_digest(_digest(secret or _NOBODYS, stamp if fits else "", body), signature if fits else "")
    return right and secret is not None and abs(int(stamp) - now.timestamp()) <= GOOD_FOR.total_seconds()


def _digest(secret: bytes, stamp: str, body: bytes) -> str:
    return hmac.new(secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def _opened(shop: Shop | None) -> bytes | None:
    if shop is None or shop.uninstalled_at is not None or shop.answers_secret is None:
        return None
    try:
        return tokens.opened(shop.answers_secret).encode()
    except errors.TokenRejected:  # with keys that are no longer among TOKEN_KEYS
        return None
