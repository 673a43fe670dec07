"""Requests nobody honest sends: made by a seeded generator, so that a run can be repeated."""

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.routing import Map, Rule

from plugin import clock, config

ANNA, BORIS = "anna.myshopify.com", "boris.myshopify.com"
DEEP = "[" * 2_500 + "]" * 2_500
METHODS = ("GET", "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "X\u00e9")
ODD_TEXTS = (
    "", " ", "0", "-1", "1e999", "NaN", "null", "true", "\x00", "a\x00b", "\r\nX-Injected: 1", "%00", "%0d%0a", "%zz",
    "\u00ff\u00fe", "\u2603", "../../etc/passwd", "..%2f..%2fplugin/config.py", "....//", "//evil.example/app", "//[",
    "http://[::1", "https://[", "\\\\evil", "/app/../metrics", "' OR 1=1 --", "{{7*7}}", "${jndi:x}", "9" * 400,
    "<script>alert(1)</script>", "a" * 9_000, "admin.myshopify.com.evil.example", ANNA, BORIS, f"{BORIS}\x00",
    f"{BORIS}/", f"https://{BORIS}", "\u0661\u0662", "\ud800",
)  # fmt: skip
PARAMETERS = (
    "shop", "shop", "id_token", "host", "hmac", "timestamp", "state", "code", "embedded", "locale",
    "bounced_at", "shopify-reload", "session", "shop_id", "request_id", "limit", "\u00e9", "a[]", "",
)  # fmt: skip
BODIES: tuple[Callable[[random.Random], bytes], ...] = (
    lambda _: b"",
    lambda _: DEEP.encode(),
    lambda _: b'{"segments":' + b'{"a":' * 2_500 + b"1" + b"}" * 2_500 + b"}",
    lambda _: b'{"on": false, "on": tru',
    lambda _: b"\xff\xfe\x00{",
    lambda _: '{"on": "\ud83d"}'.encode("utf-16", "surrogatepass"),
    lambda _: b'{"on": NaN}',
    lambda _: b'{"on": 1e999, "segments": Infinity}',
    lambda _: b'{"segments": ' + b"9" * 5_000 + b"}",
    lambda _: b"on=false&segments=[]",
    lambda _: json.dumps({"on": False, "segments": []}).encode(),
    lambda _: json.dumps({"shop": BORIS, "shop_domain": BORIS, "customer": {"id": 1}}).encode(),
    lambda chance: chance.randbytes(chance.randrange(1, 3_000)),
    lambda _: b" " * 6_000_000,
)
TYPES = (
    "application/json", "application/json; charset=utf-7", "application/JSON", "text/plain", "", "\x00",
    "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=\u00e9",
    "application/json" + ";a=b" * 500, "*/*",
)  # fmt: skip
_rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_public = _rsa.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def claims(**changed: Any) -> dict[str, Any]:
    """What Shopify would say of a member of Anna's staff, with some of it changed."""
    now = int(clock.now().timestamp())
    true = {"iss": f"https://{ANNA}/admin", "dest": f"https://{ANNA}", "aud": config.current().client_id, "sub": "42"}
    return true | {"exp": now + 60, "nbf": now, "iat": now} | changed


def raw(header: str, payload: str, key: bytes | None = None) -> str:
    """A token of any two texts, signed with our own secret unless another key is given."""
    signed = f"{_b64(header.encode())}.{_b64(payload.encode())}"
    secret = config.current().client_secret.encode() if key is None else key
    return f"{signed}.{_b64(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def _signed(**changed: Any) -> Callable[[random.Random], str]:
    return lambda _: raw('{"alg":"HS256","typ":"JWT"}', json.dumps(claims(**changed)))


HOUR = 3_600
TOKENS: dict[str, Callable[[random.Random], str]] = {
    "nothing": lambda _: "",
    "noise": lambda chance: _b64(chance.randbytes(300)),
    "odd": lambda chance: chance.choice(ODD_TEXTS),
    "dots": lambda _: "." * 3_000,
    "long": lambda _: "a" * 200_000,
    "another secret": lambda _: jwt.encode(claims(), "another-secret-of-more-than-32-bytes-0", "HS256"),
    "no algorithm": lambda _: jwt.encode(claims(), None, "none"),
    "no algorithm, spelt oddly": lambda _: raw('{"alg":"nOnE"}', json.dumps(claims()), b""),
    "HS512": lambda _: jwt.encode(claims(), config.current().client_secret, "HS512"),
    "RS256": lambda _: jwt.encode(claims(), _rsa, "RS256"),
    "signed with a public key": lambda _: raw('{"alg":"HS256"}', json.dumps(claims()), _public),
    "with its own key": lambda _: raw('{"alg":"HS256","jwk":{"kty":"oct","k":"AA"}}', json.dumps(claims()), b"\x00"),
    "a key's path": lambda _: raw('{"alg":"HS256","kid":"../../dev/null"}', json.dumps(claims()), b""),
    "a deep header": lambda _: raw(DEEP, json.dumps(claims())),
    "a deep header, unsigned": lambda _: f"{_b64(b'[' * 2_900)}.e30.AA",
    "a header that is a list": lambda _: raw("[]", json.dumps(claims())),
    "a header that is no JSON": lambda _: raw("\x00", json.dumps(claims())),
    "an algorithm that is a number": lambda _: raw('{"alg":1}', json.dumps(claims())),
    "deep claims": lambda _: raw('{"alg":"HS256"}', "[" * 2_700),
    "claims that are a list": lambda _: raw('{"alg":"HS256"}', "[1]"),
    "claims that are no JSON": lambda _: raw('{"alg":"HS256"}', "{"),
    "another audience": _signed(aud="another-app"),
    "other audiences": _signed(aud=["another-app", 1, None]),
    "no audience": _signed(aud=None),
    "expired": lambda _: raw('{"alg":"HS256"}', json.dumps(claims(exp=int(clock.now().timestamp()) - 11))),
    "of the future": lambda _: raw('{"alg":"HS256"}', json.dumps(claims(nbf=int(clock.now().timestamp()) + HOUR))),
    "another shop's issuer": _signed(iss=f"https://{BORIS}/admin"),
    "another shop": _signed(dest=f"https://{BORIS}"),
    "no shop": _signed(dest="https://anna.example.com", iss="https://anna.example.com/admin"),
    "a shop with a port": _signed(dest=f"https://{ANNA}:443", iss=f"https://{ANNA}:443/admin"),
    "a shop with a name": _signed(dest=f"https://x@{ANNA}", iss=f"https://x@{ANNA}/admin"),
    "no address": _signed(dest="https://[", iss="https://["),
    "an address of a number": _signed(dest=7, iss=7),
    "an end beyond all time": _signed(exp=253_402_300_799.5, nbf=0, dest="x"),
    "a start before all time": _signed(nbf=-62_135_596_800, dest="x"),
    "an end that is text": _signed(exp="soon"),
    "an end that is no number": lambda _: raw('{"alg":"HS256"}', json.dumps(claims(exp=float("nan")))),
    "an end that is infinite": lambda _: raw('{"alg":"HS256"}', json.dumps(claims(exp=float("inf")))),
    "an end of many digits": lambda _: raw('{"alg":"HS256"}', json.dumps(claims(exp=10**900))),
    "a list of ends": _signed(exp=[1]),
    "no end": _signed(exp=None),
}


def token(chance: random.Random) -> str:
    """Any of the tokens that prove nothing."""
    return chance.choice(list(TOKENS.values()))(chance)


def request(chance: random.Random, rules: Map) -> dict[str, Any]:
    """A request for a Flask test client: to any endpoint, with something wrong in any place of it."""
    known = list(rules.iter_rules())
    deliveries = [rule for rule in known if rule.rule == "/webhooks"]
    rule = chance.choice([*known, *deliveries * (len(known) // 4)])
    methods = METHODS if chance.random() < 0.2 else sorted(rule.methods or METHODS)
    body = chance.choice(BODIES)(chance) if chance.random() < 0.5 else b""
    given = chance.choice([token, lambda each: each.choice(ODD_TEXTS)])
    query = "&".join(f"{chance.choice(PARAMETERS)}={_part(chance, given(chance))}" for _ in range(chance.randrange(5)))
    if chance.random() < 0.02:
        query = "&".join(f"a{i}=b" for i in range(20_000))
    return {
        "path": "/",
        "method": chance.choice(methods),
        "data": body,
        "environ_overrides": {
            "PATH_INFO": wsgi(_path(chance, rule)),
            "QUERY_STRING": wsgi(query),
            "CONTENT_TYPE": chance.choice(TYPES),
            # From anywhere: otherwise all but the first of a minute would only be told to wait.
            "REMOTE_ADDR": ".".join(str(chance.randrange(1, 255)) for _ in range(4)),
            **_headers(chance),
        },
    }


def wsgi(text: str) -> str:
    """As servers hand bytes to an application."""
    return text.encode("utf-8", "surrogatepass").decode("latin1")


def _path(chance: random.Random, rule: Rule) -> str:
    path = "".join(
        chance.choice(ODD_TEXTS) if is_argument else str(part)
        for is_argument, part in ((each.startswith("<"), each) for each in _pieces(rule.rule))
    )
    return path if chance.random() < 0.8 else path + chance.choice(("/", "//", "/..", ";x", "\x00", "/%2e%2e/x", "."))


def _pieces(rule: str) -> list[str]:
    pieces: list[str] = []
    for start in rule.split("<"):
        argument, found, rest = start.rpartition(">")
        pieces += [f"<{argument}>", rest] if found else [start]
    return pieces


def _headers(chance: random.Random) -> dict[str, str]:
    scheme = chance.choice(("Bearer ", "bearer ", "Basic ", "Bearer", "", "Bearer \x00"))
    headers = {"HTTP_AUTHORIZATION": wsgi(scheme + token(chance))}
    for name in ("HMAC_SHA256", "SHOP_DOMAIN", "TOPIC", "WEBHOOK_ID", "TRIGGERED_AT", "EVENT_ID"):
        if chance.random() < 0.7:
            headers[f"HTTP_X_SHOPIFY_{name}"] = wsgi(chance.choice((*ODD_TEXTS, "orders/create", "shop/redact")))
    for name in ("HTTP_HOST", "HTTP_COOKIE", "HTTP_X_FORWARDED_FOR", "HTTP_RANGE", "HTTP_IF_NONE_MATCH", "HTTP_ACCEPT"):
        if chance.random() < 0.2:
            headers[name] = wsgi(chance.choice(ODD_TEXTS))
    if chance.random() < 0.05:
        headers["CONTENT_LENGTH"] = chance.choice(("-1", "abc", "", "999999999999", "\u0661"))
    return headers


def _part(chance: random.Random, text: str) -> str:
    return text if chance.random() < 0.5 else "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "replace")[:500])


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
