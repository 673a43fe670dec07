"""The stores of the benchmarks are the same everywhere; the engine and a plain loop say the same of their customers."""

import hashlib

import numpy as np

from plugin.segments import evaluate
from plugin.segments.columns import RECORD, Columns
from plugin.segments.customers import Customers, Store
from tests.benchmarks import fill, plain_loop, stores

CUSTOMERS = 10_000
STORE_DIGEST = "e330f67a1b787a43"
ANSWERS_DIGEST = "468dca8019b010dd"


def digest(*arrays) -> str:
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()[:16]


def order_rows(store):
    starts, records = store.counting()
    whose = np.repeat(store.customer_ids, np.diff(starts))
    return zip(whose.tolist(), records["processed_at"].tolist(), records["spend"].tolist(), strict=True)


def engine_answers(store):
    histories = list(fill.histories(store))
    columns = Columns.from_histories([each for each, _ in histories], [history for _, history in histories])
    found = evaluate.evaluate(Customers.of(columns), fill.SEGMENTS, stores.AS_OF, Store())
    return columns.customer_ids, found.memberships, found.next_review_at


def test_a_made_store_is_the_same_everywhere():
    store = stores.make(CUSTOMERS)
    assert digest(store.customer_ids, store.starts, store.orders, store.cancelled, store.refunded) == STORE_DIGEST


def test_orders_are_spread_as_real_shops_spread_them():
    counts = np.diff(stores.make(100_000).starts)
    assert np.median(counts) == 2
    assert 9 < counts.mean() < 12
    assert 80 < np.percentile(counts, 99) < 160
    assert counts.max() <= stores.MOST_ORDERS


def test_the_engine_and_a_plain_loop_agree_on_ten_thousand_made_customers():
    store = stores.make(CUSTOMERS)
    plain = plain_loop.evaluate(order_rows(store), int(stores.AS_OF.timestamp()))
    answers = [np.array(column, np.int64) for column in plain]
    assert digest(*answers) == digest(*engine_answers(store)) == ANSWERS_DIGEST


def test_chunks_of_records_are_the_histories_side_by_side():
    store = stores.make(1_000)
    (columns,) = fill.columns(store)
    histories = dict(fill.histories(store))
    one_by_one = Columns.from_histories(
        store.customer_ids.tolist(), [histories.get(i) for i in store.customer_ids.tolist()]
    )
    assert digest(columns.starts, columns.spend, columns.units) == digest(
        one_by_one.starts, one_by_one.spend, one_by_one.units
    )
    assert len(b"".join(histories.values())) == len(columns.spend) * RECORD.itemsize
