"""The one door for every topic: verify, store, wake, answer. Nothing here looks inside a body."""

from datetime import datetime

import structlog
from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from plugin import clock, config, logs, queues
from plugin.db import session as db
from plugin.deliveries import inbox, notices
from plugin.deliveries.inbox import Delivery
from plugin.metrics import DELIVERIES
from plugin.shop import shops
from plugin.shopify import signatures
from webhooks import delivery
from webhooks.delivery import MissingHeader

blueprint = Blueprint("webhooks", __name__)
log = structlog.get_logger()


@blueprint.post("/webhooks")
def receive() -> Response:
    """Answer one delivery. Only a 200 tells Shopify to forget it: whatever is not stored is answered otherwise.

    A shop we do not know is answered 200 as well: it uninstalled, and Shopify would try again for hours in vain. Of one
    that uninstalled only notices (privacy requests above all) are still taken.
    """
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return _answer(413, "too_large", f"Larger than {current_app.config['MAX_CONTENT_LENGTH']} bytes")
    if not signatures.is_signed(body, delivery.signature(request.headers), config.current().client_secrets):
        return _answer(401, "bad_signature", "The signature is missing or not ours")
    now = clock.now()
    try:
        shop_domain = delivery.shop_domain(request.headers)
        posted = delivery.read(request.headers, body, now)
    except MissingHeader as error:
        return _answer(400, "missing_header", f"{error} is missing")
    with logs.about_delivery(posted.topic, posted.webhook_id, shop=shop_domain):
        return _take_in(shop_domain, posted, now)


def _take_in(shop_domain: str, posted: Delivery, now: datetime) -> Response:
    try:
        with db.read() as session:
            shop = shops.by_domain(session, shop_domain)
        stage = notices.stage(posted.topic)
        if shop is None or (shop.uninstalled_at is not None and stage != inbox.NOTICE):
            return _answer(200, "unknown_shop", "")
        with db.write() as session:
            fresh = inbox.accept(session, shop.id, posted, now, stage)
    except SQLAlchemyError as error:
        log.error("delivery_not_stored", reason=type(error).__name__)
        return _answer(503, "database_unavailable", "Try again later")
    if fresh:
        queues.call(stage, shop.id)
    return _answer(200, "accepted" if fresh else "duplicate", "")


def _answer(status: int, outcome: str, text: str) -> Response:
    DELIVERIES.labels(outcome).inc()
    return Response(f"{text}\n" if text else "", status, mimetype="text/plain")
