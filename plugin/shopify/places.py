"""Asks orders where they went, if Shopify has approved the app for that: otherwise it would refuse the whole document.

Addresses are protected customer data of level 2; only the codes of country and province are asked for.
Reference: https://shopify.dev/docs/apps/launch/protected-customer-data
"""

from plugin import config
from plugin.shopify import admin_api

# The shipping address, or the billing address where nothing was shipped.
SELECTION = "displayAddress { countryCodeV2 provinceCode }"
BEHIND = "displayFinancialStatus\n"


def document(name: str) -> str:
    """The text of documents/<name>.graphql; any orders in it are asked where they went."""
    text = admin_api.document(name)
    return with_places(text) if config.current().addresses_approved else text


def with_places(text: str) -> str:
    """A document that asks for orders, asking each where it went."""
    return text.replace(BEHIND, f"{BEHIND}{SELECTION}\n", 1)
