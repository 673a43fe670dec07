"""Orders and customers as Shopify knows them: folded from deliveries, imported, reconciled, packed for judging."""
