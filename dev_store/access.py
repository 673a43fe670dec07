"""Who may call: ID tokens, token exchange, refresh and revocation for one shop. `shopify_side` answers
`/admin/oauth/access_token` with it. Never reads the clock: every function takes `now`.

Reference: https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens
"""

import hmac
import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import jwt

ID_TOKEN_LIFE = timedelta(minutes=1)
ACCESS_TOKEN_LIFE = timedelta(minutes=60)
REFRESH_TOKEN_LIFE = timedelta(days=90)
RETRY_LIFE = timedelta(days=30)
CODE_LIFE = timedelta(minutes=10)
LEEWAY = timedelta(seconds=10)

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a grant type's name
ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - a token type's name
OFFLINE_TOKEN_TYPE = "urn:shopify:params:oauth:token-type:offline-access-token"  # noqa: S105 - a token type's name


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """The app as the Dev Dashboard knows it."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(slots=True)
class RefreshToken:
    """A refresh token; `replacement` is the one handed out for it, None until it is used."""

    text: str
    expires_at: datetime
    replacement: "RefreshToken | None" = None
    replaced_at: datetime | None = None


@dataclass(slots=True)
class Access:
    """The app's standing in one shop: whether it is installed and which of its tokens live."""

    installed: bool = False
    access_tokens: dict[str, datetime | None] = field(default_factory=dict)
    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)
    codes: dict[str, datetime] = field(default_factory=dict)

    def accepts(self, token: str, now: datetime) -> bool:
        """Whether an Admin API call may be made with `token`."""
        expires_at = self.access_tokens.get(token, now)
        return expires_at is None or now < expires_at

    def revoke(self) -> None:
        """End every token; the app stays installed and can get new ones when a merchant opens it."""
        self.access_tokens.clear()
        self.refresh_tokens.clear()
        self.codes.clear()

    def expire_access_tokens(self, now: datetime) -> None:
        """Let every expiring access token end at once; refresh tokens live on."""
        for token, expires_at in self.access_tokens.items():
            if expires_at is not None:
                self.access_tokens[token] = min(expires_at, now)


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """The token endpoint's refusal, as OAuth names it."""

    error: str
    status: int = 400


def id_token(app: AppCredentials, domain: str, user: str, now: datetime) -> str:
    """The short-lived proof of who is asking that App Bridge hands to the page."""
    claims = {
        "iss": f"https://{domain}/admin",
        "dest": f"https://{domain}",
        "aud": app.client_id,
        "sub": user,
        "exp": int((now + ID_TOKEN_LIFE).timestamp()),
        "nbf": int(now.timestamp()),
        "iat": int(now.timestamp()),
        "jti": str(uuid.uuid4()),
        "sid": secrets.token_hex(32),
        "sig": secrets.token_hex(32),
    }
    return jwt.encode(claims, app.client_secret, algorithm="HS256")


def answer(
    access: Access,
    app: AppCredentials,
    domain: str,
    scopes: Iterable[str],
    form: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    """The token endpoint: exchange an ID token, refresh, or redeem a code; Refused says why not."""
    if str(form.get("client_id", "")) != app.client_id or not hmac.compare_digest(
        str(form.get("client_secret", "")).encode(), app.client_secret.encode()
    ):
        raise Refused("invalid_client", 401)
    match form.get("grant_type"):
        case grant if grant == TOKEN_EXCHANGE:
            return _exchange(access, app, domain, scopes, form, now)
        case "refresh_token":
            return _refresh(access, scopes, str(form.get("refresh_token", "")), now)
        case None if "code" in form:
            return _redeem(access, scopes, form, now)
    raise Refused("unsupported_grant_type")


def grant_code(access: Access, now: datetime) -> str:
    """A code the app may redeem once, soon after the merchant approved."""
    code = secrets.token_hex(16)
    access.codes[code] = now + CODE_LIFE
    return code


def granted(scopes: Iterable[str]) -> str:
    """The `scope` of an answer: a write scope implies its read scope, which is then left out."""
    held = set(scopes)
    return ",".join(sorted(s for s in held if not (s.startswith("read_") and f"write_{s[5:]}" in held)))


def _exchange(
    access: Access,
    app: AppCredentials,
    domain: str,
    scopes: Iterable[str],
    form: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    if form.get("subject_token_type") != ID_TOKEN_TYPE:
        raise Refused("invalid_request")
    if form.get("requested_token_type") != OFFLINE_TOKEN_TYPE:
        raise Refused("invalid_request")
    _check_id_token(app, domain, str(form.get("subject_token", "")), now)
    return _install(access, scopes, form, now)


def _redeem(access: Access, scopes: Iterable[str], form: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    expires_at = access.codes.pop(str(form["code"]), now)
    if now >= expires_at:
        raise Refused("invalid_request")
    return _install(access, scopes, form, now)


def _install(access: Access, scopes: Iterable[str], form: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    access.installed = True
    if str(form.get("expiring", "0")).lower() not in {"1", "true"}:
        token = _new_access_token(access, None)
        return {"access_token": token, "scope": granted(scopes)}
    # One current pair an app and shop: a new installation ends the earlier refresh tokens.
    access.refresh_tokens.clear()
    return _pair(access, scopes, _new_refresh_token(access, now), now)


def _check_id_token(app: AppCredentials, domain: str, token: str, now: datetime) -> None:
    try:
        claims = jwt.decode(
            token,
            app.client_secret,
            algorithms=["HS256"],
            audience=app.client_id,
            # The shop's clock may stand in another year: the times are checked below, against `now`.
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
        starts, ends = int(claims["nbf"]), int(claims["exp"])
    except (jwt.InvalidTokenError, KeyError, ValueError) as error:
        raise Refused("invalid_subject_token") from error
    at, leeway = now.timestamp(), LEEWAY.total_seconds()
    if not starts - leeway <= at < ends + leeway or claims.get("dest") != f"https://{domain}":
        raise Refused("invalid_subject_token")


def _refresh(access: Access, scopes: Iterable[str], text: str, now: datetime) -> dict[str, Any]:
    held = access.refresh_tokens.get(text)
    if held is None or now >= held.expires_at:
        raise Refused("invalid_grant")
    if held.replacement is None:
        held.replacement, held.replaced_at = _new_refresh_token(access, now), now
    elif held.replacement.replacement is not None or now >= (held.replaced_at or now) + RETRY_LIFE:
        # The answer with the replacement arrived, for the replacement has been used: no more retries.
        raise Refused("invalid_grant")
    return _pair(access, scopes, held.replacement, now)


def _pair(access: Access, scopes: Iterable[str], refresh: RefreshToken, now: datetime) -> dict[str, Any]:
    return {
        "access_token": _new_access_token(access, now + ACCESS_TOKEN_LIFE),
        "scope": granted(scopes),
        "expires_in": int(ACCESS_TOKEN_LIFE.total_seconds()),
        "refresh_token": refresh.text,
        "refresh_token_expires_in": int((refresh.expires_at - now).total_seconds()),
    }


def _new_access_token(access: Access, expires_at: datetime | None) -> str:
    token = f"shpat_{secrets.token_hex(16)}"
    access.access_tokens[token] = expires_at
    return token


def _new_refresh_token(access: Access, now: datetime) -> RefreshToken:
    refresh = RefreshToken(f"shprt_{secrets.token_hex(16)}", now + REFRESH_TOKEN_LIFE)
    access.refresh_tokens[refresh.text] = refresh
    return refresh
