"""Every hour: looks for trouble that a merchant should hear of, shop by shop."""

from plugin import clock, mail, queues
from plugin.db import session as db
from plugin.shop import shops, warnings, watching


def watch_shops() -> None:
    """Note each shop's trouble, and wake those whose person is to be written to. Nothing where no mail is sent."""
    if not mail.is_possible():
        return
    with db.read() as session:
        watched = [shop.id for shop in shops.installed(session) if shop.person_to_warn is not None]
    for shop_id in watched:
        now = clock.now()
        with db.read() as session:
            kinds = watching.troubles(session, shops.get(session, shop_id), now)
        with db.write() as session:
            asked = warnings.note(session, shop_id, kinds, now)
        if asked:
            queues.wake("warn", shop_id)
