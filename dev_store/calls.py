"""A journal of the app's calls, for tests: to which end, with which token, with what success. `shopify_side` keeps it.

Tokens are known by a digest: no test report shows one.
"""

import hashlib
from collections import deque
from dataclasses import dataclass
from typing import Final

MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Made:
    """One call; `token` is the digest of the token it was made with, `grant` what it asked of the token endpoint."""

    shop: str
    target: str
    token: str | None
    status: int
    grant: str | None = None


class Calls:
    """The latest calls, oldest first."""

    def __init__(self) -> None:
        self._made: deque[Made] = deque(maxlen=MOST)

    def note(self, made: Made) -> None:
        """One more call was answered."""
        self._made.append(made)

    def of(self, shop: str, target: str | None = None) -> list[Made]:
        """A shop's calls, to one target or all."""
        return [made for made in list(self._made) if made.shop == shop and target in {None, made.target}]

    def forget(self) -> None:
        """Begin a new journal."""
        self._made.clear()


def digest(token: str) -> str | None:
    """What a token is known by here; None without one."""
    return hashlib.sha256(token.encode()).hexdigest()[:12] if token else None
