"""A store's numbers, against the same counted plainly."""

import statistics
from datetime import timedelta

from hypothesis import given, settings

from plugin.segments.baseline import Baseline
from plugin.segments.columns import Columns, Record, pack, seconds
from plugin.segments.gathering import Gathering
from tests.support import generated_orders as made

NOON = made.NOON


def gathered(as_of, customer_ids, histories, cut):
    gathering = Gathering()
    for part in (slice(0, cut), slice(cut, None)):
        gathering.add(Columns.from_histories(customer_ids[part], histories[part]), as_of)
    return gathering.baseline()


@settings(max_examples=200, deadline=None)
@given(made.made_stores())
def test_a_baseline_counts_what_a_plain_count_counts(store):
    found = gathered(store.as_of, store.customers, store.histories(), 1)
    cents = {order.raw.order_id: order.cents for order in store.orders}
    happened = [[each for each in store.counting(who) if each.processed_at < store.as_of] for who in store.customers]
    buyers = [orders for orders in happened if orders]
    spends = sorted(sum(cents[order.order_id] for order in orders) for orders in buyers)
    assert (found.buyers, found.orders) == (len(buyers), sum(map(len, buyers)))
    assert found.spend == sum(spends)
    assert found.median_orders == (statistics.median_low(map(len, buyers)) if buyers else 0)
    for percent, edge in enumerate(found.spend_edges):
        assert sum(spend < edge for spend in spends) * 100 <= percent * len(spends)
        assert sum(spend <= edge for spend in spends) * 100 > percent * len(spends)


def history(*days, spend=100):
    at = (seconds(NOON) - day * 86_400 for day in days)
    return pack(Record(number, spend, when, 1) for number, when in enumerate(at, start=1))


def test_the_usual_gap_is_the_median_of_the_customers_own_averages():
    daily, weekly, monthly, once = history(*range(1, 50)), history(1, 8), history(1, 31, 61), history(9)
    found = gathered(NOON, [1, 2, 3, 4], [daily, weekly, monthly, once], 2)
    assert found.median_gap_seconds == timedelta(days=7).total_seconds()


def test_a_store_without_buyers_has_a_baseline_that_says_so():
    assert gathered(NOON, [1], [None], 0) == Baseline(0, 0, 0, (), 0, None)


def test_who_spent_the_ninety_fifth_edge_is_among_the_top_five_in_a_hundred():
    histories = [history(1, spend=amount) for amount in range(1, 201)]
    edge = gathered(NOON, list(range(200)), histories, 77).spend_edges[95]
    assert len([amount for amount in range(1, 201) if amount >= edge]) == 10
