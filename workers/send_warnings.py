"""Writes to the person a shop wants warned what is due (plugin.shop.warnings)."""

import structlog

from plugin import clock, mail
from plugin.db import session as db
from plugin.language import Language
from plugin.shop import person_to_warn, shops, warning_words, warnings
from plugin.turns import Turn
from workers import turn

log = structlog.get_logger()


def send_warnings(shop_id: int) -> None:
    """Send one shop's letters. What the mail server does not take is tried again later."""

    def send(mine: Turn) -> bool:
        with db.write() as session:
            shops.hold(session, shop_id)
            shop = shops.get(session, shop_id)
            person = person_to_warn.of(shop)
            kinds = warnings.claim(session, shop_id, clock.now()) if person and mail.is_possible() else []
        for kind in kinds:
            mine.renew()
            if person is not None:
                _send(shop_id, kind, person, *warning_words.letter(shop, kind, Language(person.locale)))
        return False

    turn.run("warn", shop_id, send)


def _send(shop_id: int, kind: str, person: person_to_warn.Person, subject: str, text: str) -> None:
    try:
        mail.send(person.address, subject, text, clock.now())
    except mail.NotSent as failure:
        log.warning("warning_not_sent", kind=kind, reason=str(failure), for_good=failure.for_good)
        with db.write() as session:
            shops.hold(session, shop_id)
            warnings.failed(session, shop_id, kind, str(failure), clock.now(), for_good=failure.for_good)
        return
    log.info("warning_sent", kind=kind)
    with db.write() as session:
        shops.hold(session, shop_id)
        warnings.sent(session, shop_id, kind)
