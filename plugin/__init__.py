"""Regulars, the app: inbox, ledger, segments, tags and the wire to Shopify."""
