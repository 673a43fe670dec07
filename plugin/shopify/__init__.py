"""The wire: everything that is said to Shopify's Admin API and how its answers are read."""
