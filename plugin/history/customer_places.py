"""Where a customer lives: the newest order that told a place decides, as it was told last. The ledger's part of it;
history.bulk_ledger says the same in the database's words.

A later order without an address changes nothing, and neither does the order in which messages arrive.
"""

from datetime import datetime

from plugin.db.models import Customer
from plugin.db.types import EPOCH
from plugin.schemas.facts import OrderFacts


def note(customer: Customer, facts: OrderFacts) -> None:
    """Take over where an order went, if it is newer than what is known. Old news of an order counts as well."""
    if facts.country is None:
        return
    if (facts.processed_at, facts.updated_at, facts.country, facts.province or "") > _known(customer):
        customer.country, customer.province = facts.country, facts.province
        customer.place_at, customer.place_told_at = facts.processed_at, facts.updated_at


def hand_over(gone: Customer, kept: Customer) -> None:
    """One customer became another: the newer place of the two is theirs."""
    if _known(gone) > _known(kept):
        kept.country, kept.province = gone.country, gone.province
        kept.place_at, kept.place_told_at = gone.place_at, gone.place_told_at
    gone.country = gone.province = gone.place_at = gone.place_told_at = None


def _known(customer: Customer) -> tuple[datetime, datetime, str, str]:
    instants = (customer.place_at or EPOCH, customer.place_told_at or EPOCH)
    return (*instants, customer.country or "", customer.province or "")
