"""Webhook signatures. Checked over the raw bytes, in constant time, before anything is parsed."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable


def is_signed(body: bytes, signature: str | None, secrets: Iterable[str]) -> bool:
    """Whether `signature` (base64 of an HMAC-SHA256) was made over `body` with one of the app's secrets.

    Both the current and the old secret count while a secret is rotated.
    Reference: https://shopify.dev/docs/apps/build/webhooks/subscribe/https
    """
    if not signature:
        return False
    try:
        given = base64.b64decode(signature.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return False
    return any(hmac.compare_digest(hmac.digest(secret.encode(), body, hashlib.sha256), given) for secret in secrets)
