"""Documents as nobody means them: honest ones with something changed in their values, their shape or their bytes.

Everything is drawn from a seeded generator, so that a run can be repeated.
"""

import json
import random
from collections.abc import Iterator
from typing import Any

# Stand for what JSON can say and Python's own writer would not, or could not.
RAW = {
    f"@raw:{place}@": text
    for place, text in enumerate(
        ("1e999", "-1e999", "1e99999999999999999999", "NaN", "-Infinity", "9" * 400, "9" * 5_000, "-0.0", "0.1e-999")
    )
}
DEEP = {"@deep:lists@": "[" * 3_000 + "]" * 3_000, "@deep:objects@": '{"a":' * 3_000 + "1" + "}" * 3_000}
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 7, 1.5, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 10**19, -(2**63) - 1,
    "", " ", "0", "-1", "1e3", "1e999", "NaN", "Infinity", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\u0661\u0662",
    "\u2603", "a" * 300, "a" * 70_000, "9" * 5_000, "null", "' OR 1=1 --", "\r\nX-Injected: 1",
    "gid://shopify/Customer/0", "gid://shopify/Customer/9999999999999999999", "gid://shopify/Order/1?a=b", "gid://",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z", "2026-01-01", "12:00", "soon",
    [], {}, [[]], [None], [{}], {"": None}, {"id": None}, {"nodes": None}, {"shop_money": None}, ["a", 1, None],
    *RAW,
)  # fmt: skip
ODD_BYTES = (
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b'"',
    b"{",
    b"[",
    b"}",
    b",",
    b"\\",
    b"\\u",
    b"\n",
    b"9" * 99,
)

Place = tuple[str | int, ...]


def body(chance: random.Random, document: Any) -> bytes:
    """The document as bytes, changed in one to three places; now and then its bytes are changed as well, or instead."""
    changed = document
    for _ in range(chance.choice((1, 1, 1, 2, 3)) if chance.random() < 0.9 else 0):
        changed = value(chance, changed)
    written = written_as_json(changed)
    return spoiled(chance, written) if changed is document or chance.random() < 0.1 else written


def value(chance: random.Random, document: Any) -> Any:
    """A copy of the document with one thing in it replaced, dropped, repeated, wrapped or buried deep."""
    copied = json.loads(json.dumps(document))
    places = list(_places(copied))
    if not places or chance.random() < 0.03:
        return chance.choice(ODD_VALUES)
    *way, last = chance.choice(places)
    holder = copied
    for step in way:
        holder = holder[step]
    changes = (_replace, _replace, _replace, _drop, _wrap, _swap, _repeat, _bury)
    chance.choice(changes)(chance, copied, holder, last)
    return copied


def spoiled(chance: random.Random, content: bytes) -> bytes:
    """The same bytes, cut off, overwritten, stretched or mixed up somewhere."""
    place = chance.randrange(len(content) + 1)
    behind = place + chance.choice((0, 1, 1, 5, 50))
    kind = chance.randrange(4)
    if kind == 0:
        return content[:place]
    if kind == 1:
        return content[:place] + chance.choice(ODD_BYTES) + content[behind:]
    if kind == 2:
        return content[:place] + chance.randbytes(chance.randrange(1, 9)) + content[behind:]
    return content[:place] + content[place:behind] * chance.randrange(2, 400) + content[behind:]


def written_as_json(document: Any) -> bytes:
    """JSON, with what stands for something else written out."""
    text = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
    for mark, meant in (RAW | DEEP).items():
        text = text.replace(f'"{mark}"'.encode(), meant.encode())
    # Half of a pair as an escape, as a careless writer leaves it: as bytes it would be no UTF-8 at all.
    return text.replace(b"\xed\xa0\x80", b"\\ud800").replace(b"\xed\xbf\xbf", b"\\udfff")


def _places(document: Any, way: Place = ()) -> Iterator[Place]:
    entries = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for step, inner in entries:
        yield (*way, step)
        yield from _places(inner, (*way, step))


def _replace(chance: random.Random, _document: Any, holder: Any, last: Any) -> None:
    holder[last] = chance.choice(ODD_VALUES)


def _drop(_chance: random.Random, _document: Any, holder: Any, last: Any) -> None:
    del holder[last]


def _wrap(chance: random.Random, _document: Any, holder: Any, last: Any) -> None:
    inner = holder[last]
    holder[last] = chance.choice(([inner], {"id": inner}, [inner, inner], str(inner), [[inner]], {str(last): inner}))


def _swap(chance: random.Random, document: Any, holder: Any, last: Any) -> None:
    """What stands at one place comes to stand at another as well."""
    *way, other = chance.choice(list(_places(document)))
    found = document
    for step in (*way, other):
        found = found[step]
    holder[last] = json.loads(json.dumps(found))


def _repeat(chance: random.Random, _document: Any, holder: Any, last: Any) -> None:
    if isinstance(holder, list):
        holder.extend([holder[last]] * chance.choice((1, 2, 300)))
    else:
        holder[f"{last}_again"] = holder.pop(last)


def _bury(chance: random.Random, _document: Any, holder: Any, last: Any) -> None:
    """Too deep for a reader that follows."""
    holder[last] = chance.choice(list(DEEP))
