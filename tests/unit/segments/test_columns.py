"""The stored form of histories: merging is rebuilding, and columns hold what was packed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.segments import columns
from plugin.segments.columns import Columns, Record

records = st.builds(
    Record,
    order_id=st.integers(1, 12),
    spend=st.integers(-500, 5000),
    processed_at=st.sampled_from((0, 1, 1_700_000_000, 1_700_000_001, 2**32 - 1)) | st.integers(0, 2**32 - 1),
    units=st.integers(0, 9),
)
changes = st.lists(st.dictionaries(st.integers(1, 12), st.none() | records, max_size=6), max_size=8)


def settled(rounds):
    """What is left of the orders once every round of changes has come, each order under its own id."""
    orders = {}
    for changed in rounds:
        orders |= {id_: record and record._replace(order_id=id_) for id_, record in changed.items()}
    return {id_: record for id_, record in orders.items() if record is not None}


@settings(max_examples=300, deadline=None)
@given(changes)
def test_merging_change_by_change_is_rebuilding_from_what_is_left(rounds):
    history = b""
    for changed in rounds:
        own_ids = {id_: record and record._replace(order_id=id_) for id_, record in changed.items()}
        history = columns.merge(history, own_ids)
    assert history == columns.pack(settled(rounds).values())


@settings(max_examples=200, deadline=None)
@given(st.lists(records, max_size=10, unique_by=lambda record: record.order_id), st.randoms())
def test_the_order_of_arrival_leaves_no_trace(orders, random):
    shuffled = random.sample(orders, len(orders))
    one_by_one = b""
    for record in shuffled:
        one_by_one = columns.merge(one_by_one, {record.order_id: record})
    assert one_by_one == columns.pack(orders) == columns.pack(shuffled)


def test_a_history_is_sorted_by_instant_and_then_by_order():
    packed = columns.pack([Record(3, 1, 20, 1), Record(2, 1, 10, 1), Record(1, 1, 20, 1)])
    assert [record.order_id for record in columns.unpack(packed)] == [2, 1, 3]


def test_what_does_not_fit_is_brought_to_the_nearest_that_does():
    packed = columns.pack([Record(1, -5, -1, -2), Record(2, 5, 2**40, 2**40)])
    assert columns.unpack(packed) == [Record(1, 0, 0, 0), Record(2, 5, 2**32 - 1, 2**32 - 1)]


def test_a_history_takes_24_bytes_an_order_little_endian():
    packed = columns.pack([Record(258, 3, 4, 5)])
    assert packed == b"\x02\x01" + bytes(6) + b"\x03" + bytes(7) + b"\x04" + bytes(3) + b"\x05" + bytes(3)


def test_removing_an_order_nobody_has_changes_nothing():
    packed = columns.pack([Record(1, 1, 1, 1)])
    assert columns.merge(memoryview(packed), {9: None}) == packed


def test_a_record_under_another_orders_id_is_refused():
    with pytest.raises(ValueError, match="another order"):
        columns.merge(b"", {1: Record(2, 1, 1, 1)})


def test_a_hundred_thousand_orders_are_merged_without_a_loop_over_them():
    many = np.zeros(100_000, columns.RECORD)
    many["order_id"] = np.arange(100_000)
    many["processed_at"] = np.arange(100_000) // 3
    merged = columns.merge(many.tobytes(), {5: None, 100_001: Record(100_001, 7, 2, 1)})
    assert len(merged) == len(many) * columns.RECORD.itemsize
    assert [record.order_id for record in columns.unpack(merged)[4:9]] == [4, 6, 7, 8, 100_001]


def test_columns_hold_each_customers_run_and_empty_ones_for_who_never_bought():
    history = columns.pack([Record(1, 10, 100, 2), Record(2, 30, 200, 1)])
    found = Columns.from_histories([7, 8, 9, 10], [None, memoryview(history), b"", history])
    assert found.customer_ids.tolist() == [7, 8, 9, 10]
    assert found.starts.tolist() == [0, 0, 2, 2, 4]
    assert found.processed_at.tolist() == [100, 200, 100, 200]
    assert found.spend_before.tolist() == [0, 10, 40, 50, 80]
    assert found.units_before.tolist() == [0, 2, 3, 5, 6]
    assert found.only(3).spend_before.tolist() == [0, 10, 40]


def test_a_torn_history_names_its_customer_instead_of_shifting_the_others():
    with pytest.raises(ValueError, match="customer 8 "):
        Columns.from_histories([7, 8], [b"", bytes(25)])


def test_customers_and_histories_must_go_in_pairs():
    with pytest.raises(ValueError, match="2 customers but 1"):
        Columns.from_histories([7, 8], [b""])


def test_amounts_that_would_not_fit_are_refused_instead_of_wrapping_round():
    huge = columns.pack([Record(1, 2**61, 1, 0), Record(2, 2**63 - 1, 1, 0)])
    with pytest.raises(OverflowError):
        _ = Columns.from_histories([1], [huge]).spend_before
