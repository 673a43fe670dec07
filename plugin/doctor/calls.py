"""Whether Shopify answers our calls: what is known of every shop, and a question to some of them."""

from collections.abc import Iterator

from sqlalchemy import select

from plugin import clock
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.doctor.finding import Examined, Finding
from plugin.shop import shops
from plugin.shopify import errors
from plugin.shopify.admin_api import document

SHOPS_ASKED = 3
PATIENCE_SECONDS = 5

TODO = {
    "EgressRefused": "Put this machine's outgoing address on the app's allow-list (Dev Dashboard, settings).",
    "CredentialsRefused": "Compare SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET with the Dev Dashboard.",
    "ShopGone": "Check SHOPIFY_API_VERSION: Shopify serves a version for a year.",
    "ShopUnavailable": "Try again; if it stays, see that this machine reaches https://*.myshopify.com.",
}
OTHERWISE = "docs/installation.md says what each refusal means."
MERCHANT = "The merchant can mend it; the app's page says how."


def shopify(everybody: bool) -> Examined:
    """What Shopify last refused us, and whether it answers now."""
    with db.read() as session:
        troubled = list(
            session.scalars(select(Shop).where(shops.REFUSED, Shop.uninstalled_at.is_(None)).order_by(Shop.id))
        )
        known = {shop.id for shop in troubled}
        silent = [shop_id for shop_id in shops.answering(session, clock.now()) if shop_id not in known]
    asked = silent if everybody else silent[:SHOPS_ASKED]
    found = [_remembered(shop) for shop in troubled]
    for shop_id in asked:
        found += _ask(shop_id)
    return Examined("shopify", f"{len(asked):,} of {len(silent) + len(troubled):,} shops asked", tuple(found))


def _remembered(shop: Shop) -> Finding:
    name = "TokenRejected" if shop.token_error else shop.trouble or ""
    kind = getattr(errors, name, errors.ShopifyError)
    return _finding(shop.domain, kind, shop.token_error or shop.api_error or name)


def _ask(shop_id: int) -> Iterator[Finding]:
    with db.read() as session:
        domain = shops.get(session, shop_id).domain
    try:
        shops.admin_client(shop_id, PATIENCE_SECONDS).execute(document("shop"))
    except errors.ShopifyError as error:
        yield _finding(domain, type(error), str(error))


def _finding(domain: str, kind: type[errors.ShopifyError], said: str) -> Finding:
    by_merchant = kind.owner is errors.Owner.MERCHANT
    todo = MERCHANT if by_merchant else TODO.get(kind.__name__, OTHERWISE)
    return Finding(f"{domain}: {kind.__name__}: {said.removeprefix(f'{domain}: ')}", todo, is_note=by_merchant)
