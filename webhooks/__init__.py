"""The door Shopify posts to: verify, store, wake, answer."""
