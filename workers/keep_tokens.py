"""Keeps the tokens of idle shops alive: one that nobody uses for 90 days is dead, and only the merchant can help."""

from plugin import clock, queues
from plugin.db import session as db
from plugin.shop import tokens
from plugin.turns import Turn
from workers import turn


def keep_tokens() -> None:
    """Every day: wake the shops whose tokens were not renewed for a month. Sixty days of tries are left then."""
    with db.read() as session:
        idle = tokens.idle(session, clock.now())
    for shop_id in idle:
        queues.wake("keep", shop_id)


def keep_token(shop_id: int) -> None:
    """Renew one shop's tokens if they are still idle."""

    def keep(_: Turn) -> bool:
        tokens.keep_alive(shop_id)
        return False

    turn.run("keep", shop_id, keep)
