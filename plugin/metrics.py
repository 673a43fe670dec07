"""What the app counts, for Prometheus. `/metrics` shows the figures of the process that is asked."""

from prometheus_client import Counter

DELIVERIES = Counter("regulars_deliveries_total", "Deliveries Shopify posted, by how they were answered", ["outcome"])
