"""Every day: drops what has served its time."""

from plugin import clock, privacy
from plugin.db import session as db


def prune() -> None:
    """Drop expired data requests and the digests of customers erased long ago."""
    with db.write() as session:
        privacy.prune(session, clock.now())
