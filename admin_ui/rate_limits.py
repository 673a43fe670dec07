"""How often the app may be asked, counted in Redis: by shop for those who proved who they are, by address for the rest.

`auth` asks before a view runs. /webhooks is not limited: a flash sale is no attack, all deliveries come from Shopify's
few addresses, and a delivery without Shopify's signature is refused after one hash of a body whose size is limited.
"""

import math
import time
from functools import cache

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis import ConnectionPool, RedisError

from plugin import queues

# A page that follows its status asks 30 times a minute; the rest is room for several members of staff and tabs.
READS = RateLimitItemPerMinute(600)
WRITES = RateLimitItemPerMinute(60)
# A request of a survey tool brings up to a thousand answers.
SURVEYS = RateLimitItemPerMinute(120)
# Opening the app in the ordinary way takes one or two requests without a token.
STRANGERS = RateLimitItemPerMinute(120)

# While Redis is away everybody is let in; asking it each time would make every request wait for the time-out.
ASK_AGAIN_SECONDS = 30

log = structlog.get_logger()
_ask_again_at = 0.0


class TooMany(Exception):
    """The caller has used up what a minute allows."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many requests: try again in {seconds} s")
        self.seconds = seconds


def count_shop(shop_domain: str, *, writes: bool) -> None:
    """Count a request of a shop whose token was good; TooMany if it is one too many."""
    _count(WRITES if writes else READS, "writes" if writes else "reads", shop_domain)


def count_survey(shop_domain: str) -> None:
    """Count a request that was signed with a shop's survey secret; TooMany if it is one too many."""
    _count(SURVEYS, "surveys", shop_domain)


def count_stranger(address: str | None) -> None:
    """Count a request without a good token by its caller's address; TooMany if it is one too many."""
    _count(STRANGERS, "strangers", address or "")


def _count(limit: RateLimitItem, kind: str, who: str) -> None:
    global _ask_again_at  # noqa: PLW0603 - one process, one Redis
    if time.monotonic() < _ask_again_at:
        return
    try:
        if _limiter().hit(limit, kind, who):
            return
        wait = _limiter().get_window_stats(limit, kind, who).reset_time - time.time()
    except RedisError as error:
        _ask_again_at = time.monotonic() + ASK_AGAIN_SECONDS
        log.warning("rate_limits_off", seconds=ASK_AGAIN_SECONDS, reason=type(error).__name__)
        return
    raise TooMany(max(1, math.ceil(wait)))


def _limiter() -> SlidingWindowCounterRateLimiter:
    return _limiter_of(queues.connection().connection_pool)


@cache
def _limiter_of(pool: ConnectionPool) -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(RedisStorage("redis://", connection_pool=pool, key_prefix="limit"))
