"""The segments a shop starts with, as definitions: merchants edit copies of them, nothing evaluates these by name."""

from typing import Any

DEFAULTS: list[dict[str, Any]] = [
    {
        "name": "First-time",
        "tag": "first-time",
        "conditions": [{"measure": "orders", "window": "lifetime", "comparison": "between", "value": [1, 2]}],
    },
    {
        "name": "Repeat",
        "tag": "repeat",
        "conditions": [{"measure": "orders", "window": "lifetime", "comparison": "at_least", "value": 2}],
    },
    {
        "name": "Frequent",
        "tag": "frequent",
        "conditions": [{"measure": "orders", "window": 90, "comparison": "at_least", "value": 3}],
    },
    {
        "name": "High-spender",
        "tag": "high-spender",
        # Without decimals, so that it is a right amount in every currency.
        "conditions": [{"measure": "spend", "window": 365, "comparison": "at_least", "value": "500"}],
    },
    {
        "name": "At-risk",
        "tag": "at-risk",
        "conditions": [{"measure": "days_since_last_order", "comparison": "between", "value": [90, 180]}],
    },
    {
        "name": "Lapsed",
        "tag": "lapsed",
        "conditions": [{"measure": "days_since_last_order", "comparison": "at_least", "value": 180}],
    },
]
