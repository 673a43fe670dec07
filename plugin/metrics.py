"""What the app counts as it works, for Prometheus. Whoever does the work counts it here, in memory and nowhere else;
plugin.operations.tallies adds up what all processes counted. Labels are words of ours: never a shop, never a person.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

COUNTED = CollectorRegistry()

DELIVERIES = Counter(
    "regulars_deliveries_total", "Deliveries Shopify posted, by how they were answered", ["outcome"], registry=COUNTED
)
# Known before the first one happens: an increase from nothing is none that Prometheus would see.
ACCEPTED, REFUSED = ("accepted", "duplicate"), ("too_large", "bad_signature", "missing_header", "unknown_shop")
NOT_STORED = "database_unavailable"
for _outcome in (*ACCEPTED, *REFUSED, NOT_STORED):
    DELIVERIES.labels(_outcome)

FOLDED = Counter(
    "regulars_deliveries_folded_total", "Deliveries that workers dealt with, by stage", ["stage"], registry=COUNTED
)
for _stage in ("notice", "drain", "heard"):
    FOLDED.labels(_stage)
# Prometheus gives everything it reads a label "job" of its own: ours is another word.
JOBS = Histogram(
    "regulars_job_seconds",
    "How long jobs took, by job",
    ["task"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300),
    registry=COUNTED,
)
JOBS_FAILED = Counter("regulars_jobs_failed_total", "Jobs that ended with an error", ["task"], registry=COUNTED)
JOB_FINISHED = Gauge(
    "regulars_job_finished_timestamp_seconds", "When a job of this kind last ended well", ["task"], registry=COUNTED
)
FAILURES = Counter(
    "regulars_failures_total",
    "Warnings and errors in the log, by what happened; with the kind of failure where it was Shopify's",
    ["event", "kind"],
    registry=COUNTED,
)
TAG_WRITES = Counter(
    "regulars_tag_writes_total",
    "Customers whose tags were written to Shopify, by outcome",
    ["outcome"],
    registry=COUNTED,
)
# Those that somebody is called for.
for _event in ("delivery_failed", "request_failed", "too_many_orders_unlisted"):
    FAILURES.labels(_event, "")
for _outcome in ("written", "missing", "refused"):
    TAG_WRITES.labels(_outcome)
SHOPIFY_CALLS = Counter(
    "regulars_shopify_calls_total", "Calls of the Admin API, by how they were answered", ["outcome"], registry=COUNTED
)
ANSWERED, THROTTLED = "answered", "Throttled"
for _outcome in (ANSWERED, THROTTLED, "ShopUnavailable"):
    SHOPIFY_CALLS.labels(_outcome)
SHOPIFY_POINTS = Counter(
    "regulars_shopify_cost_points_total", "Points that Shopify charged for calls", registry=COUNTED
)
SHOPIFY_WAITED = Counter(
    "regulars_shopify_waited_seconds_total", "Seconds spent waiting until a shop's bucket had filled", registry=COUNTED
)
SHOPIFY_LEFT = Histogram(
    "regulars_shopify_bucket_left",
    "The share of the called shop's bucket that was left after each call",
    buckets=(0.1, 0.2, 0.3, 0.5, 0.7, 0.9),
    registry=COUNTED,
)
