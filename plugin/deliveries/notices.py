"""What Shopify tells the app about the shop itself: topic → schema → what is done. The whole list on one screen.

workers.heed_notices calls `heed`, one notice a transaction. Orders and customers are deliveries.topics' business.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import Schema
from sqlalchemy.orm import Session

from plugin.db.models import InboxEvent, Shop
from plugin.deliveries import inbox, topics
from plugin.history.ledger import FactsRefused
from plugin.schemas import notice_payloads as payloads
from plugin.schemas import webhook_payloads
from plugin.schemas.facts import BulkOperationEnded, CustomerRedacted, DataRequested, ScopesChanged, ShopChanged
from plugin.shop import installation, privacy
from plugin.tagging import bulk_tagging

Stages = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """How one topic is read and what it does; `act` returns the stages that have work after the commit."""

    schema: Schema
    act: Callable[[Session, Shop, Any, InboxEvent, datetime], Stages]


def stage(topic: str) -> str:
    """Which stage of the inbox a topic waits for."""
    return inbox.NOTICE if topic in NOTICES else topics.stage(topic)


def heed(session: Session, shop: Shop, event: InboxEvent, now: datetime) -> Stages:
    """Do what a notice asks for; returns the stages to wake. PayloadRefused or FactsRefused say why it cannot be."""
    notice = NOTICES[event.topic]
    facts = webhook_payloads.read(notice.schema, event.topic, event.body)
    _check_shop(shop, facts)
    return notice.act(session, shop, facts, event, now)


def _check_shop(shop: Shop, facts: Any) -> None:
    """The signature covers the body, not the header that named the shop: both must mean the same one."""
    domain, shopify_id = getattr(facts, "shop_domain", None), getattr(facts, "shopify_id", None)
    if domain is not None and domain.lower() != shop.domain:
        raise FactsRefused("The body is about another shop than the header")
    if shopify_id is not None and shop.shopify_id is not None and shopify_id != shop.shopify_id:
        raise FactsRefused("The body is about another shop than the header")


def _uninstalled(session: Session, shop: Shop, _facts: Any, event: InboxEvent, now: datetime) -> Stages:
    if not _is_late(shop, event):
        installation.uninstall(session, shop, now)
    return ()


def _scopes(session: Session, shop: Shop, facts: ScopesChanged, _event: InboxEvent, now: datetime) -> Stages:
    return installation.change_scopes(session, shop, facts, now)


def _details(_session: Session, shop: Shop, facts: ShopChanged, _event: InboxEvent, _now: datetime) -> Stages:
    if shop.currency is not None and facts.currency != shop.currency:
        # Amounts of both currencies would be mixed: a person has to decide what becomes of the history.
        raise FactsRefused(f"The shop changed its currency from {shop.currency} to {facts.currency}")
    shop.currency, shop.timezone, shop.plan = facts.currency, facts.timezone, facts.plan
    return ()


def _bulk_operation(
    session: Session, shop: Shop, facts: BulkOperationEnded, _event: InboxEvent, _now: datetime
) -> Stages:
    if not facts.is_mutation:
        return ("run",)
    return ("sync",) if bulk_tagging.note_ended(session, shop.id, facts.operation_id) else ()


def _data_request(session: Session, shop: Shop, facts: DataRequested, _event: InboxEvent, now: datetime) -> Stages:
    privacy.answer(session, shop, facts, now)
    return ()


def _redact_customer(
    session: Session, shop: Shop, facts: CustomerRedacted, _event: InboxEvent, now: datetime
) -> Stages:
    privacy.erase_customer(session, shop, facts, now)
    return ("sync",)


def _redact_shop(session: Session, shop: Shop, _facts: Any, event: InboxEvent, now: datetime) -> Stages:
    if _is_late(shop, event):
        return ()
    installation.uninstall(session, shop, now)
    privacy.start_erasing(session, shop, now)
    return ("run",)


def _is_late(shop: Shop, event: InboxEvent) -> bool:
    """Whether the app has been seen at work in the shop since the notice was sent: it is about a time before that."""
    return shop.uninstalled_at is None and event.triggered_at < installation.seen_at(shop)


NOTICES = {
    installation.UNINSTALLED: Notice(payloads.AppUninstalledPayload(), _uninstalled),
    "app/scopes_update": Notice(payloads.ScopesUpdatePayload(), _scopes),
    "shop/update": Notice(payloads.ShopUpdatePayload(), _details),
    "bulk_operations/finish": Notice(payloads.BulkOperationsFinishPayload(), _bulk_operation),
    "customers/data_request": Notice(payloads.DataRequestPayload(), _data_request),
    "customers/redact": Notice(payloads.CustomerRedactPayload(), _redact_customer),
    "shop/redact": Notice(payloads.ShopRedactPayload(), _redact_shop),
}
