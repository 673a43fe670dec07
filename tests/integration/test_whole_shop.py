"""A whole shop is judged chunk by chunk, goes on after a crash, and gives way to newer settings."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import func, literal, select

from plugin import clock, runs, turns
from plugin.db import arrays, scope
from plugin.db import session as db
from plugin.db.models import Customer, Movement, OrderHistory, Run
from plugin.segments.columns import Record, pack, seconds
from plugin.standing import baselines, loading, refresh, segment_store
from plugin.turns import TurnLost
from tests.support import shop as shops
from tests.support.installed import ON_ONE_DATABASE
from workers import work_on_runs

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ONCE = {"name": "Once", "tag": "once", "conditions": [{"measure": "orders", "comparison": "between", "value": [1, 2]}]}
TWICE = {"name": "Twice", "tag": "twice", "conditions": [{"measure": "orders", "comparison": "at_least", "value": 2}]}


@pytest.fixture
def shop_id(settings, set_clock, monkeypatch) -> int:
    """A shop of ten customers, number i with i % 3 orders, judged four at a time."""
    set_clock(NOW)
    monkeypatch.setattr(refresh, "CHUNK", 4)
    shop_id = shops.make_shop(definitions=[ONCE])
    with db.write() as session:
        for number in range(1, 11):
            records = [Record(i, 100, seconds(NOW - timedelta(days=i + 1)), 1) for i in range(number % 3)]
            session.add(Customer(shop_id=shop_id, customer_id=number))
            if records:
                session.add(OrderHistory(shop_id=shop_id, customer_id=number, history=pack(records)))
    return shop_id


def start_refresh(shop_id: int, definitions: list[dict]) -> None:
    with db.write() as session:
        segment_store.save(session, shop_id, definitions, clock.now())
        runs.start_refresh(session, shop_id, clock.now())


def members(shop_id: int) -> dict[str, set[int]]:
    with db.read() as session:
        tags = segment_store.tags_by_bit(session, shop_id)
        rows = session.execute(
            select(Customer.customer_id, Customer.wanted_tags).where(Customer.shop_id == shop_id)
        ).all()
    return {tag: {customer for customer, wanted in rows if wanted >> bit & 1} for bit, tag in tags.items()}


def movements(shop_id: int) -> list[tuple]:
    found = select(Movement.customer_id, Movement.bit, Movement.entered, Movement.at, Movement.cause)
    with db.read() as session:
        return sorted(map(tuple, session.execute(found.where(Movement.shop_id == shop_id))))


def first_chunk_only(shop_id: int, monkeypatch) -> Run:
    """Begin the shop's run and be stopped after its first chunk."""
    with db.read() as session:
        run = runs.next_run(session, shop_id)
    with monkeypatch.context() as patch:
        stops = iter([None, TurnLost()])
        keep = turns.Turn.renew
        patch.setattr(turns.Turn, "renew", lambda turn, session=None: stop(next(stops)) or keep(turn, session))
        with pytest.raises(TurnLost), turns.take(shop_id, "run") as turn:
            refresh.refresh_shop(run, turn, "settings")
    return run


def stop(error: Exception | None) -> None:
    if error:
        raise error


def test_everybody_is_judged_and_each_change_is_a_movement(shop_id):
    start_refresh(shop_id, [ONCE, TWICE])
    work_on_runs.work_on_runs(shop_id)
    assert members(shop_id) == {"once": {1, 4, 7, 10}, "twice": {2, 5, 8}}
    expected = [(customer, int(customer % 3 == 2), True, NOW, "settings") for customer in (1, 2, 4, 5, 7, 8, 10)]
    assert movements(shop_id) == expected


def test_judging_again_writes_nothing(shop_id):
    for _ in range(2):
        start_refresh(shop_id, [ONCE])
        work_on_runs.work_on_runs(shop_id)
    assert len(movements(shop_id)) == 4


def test_the_stores_baseline_is_kept(shop_id):
    start_refresh(shop_id, [ONCE])
    work_on_runs.work_on_runs(shop_id)
    with db.read() as session:
        kept = baselines.latest(session, shop_id)
    assert (kept.computed_at, kept.baseline.buyers, kept.baseline.orders) == (NOW, 7, 10)
    assert (kept.baseline.spend_edges[0], kept.baseline.spend_edges[99]) == (100, 200)
    assert kept.baseline.median_gap_seconds == 86_400


def test_a_run_that_goes_on_after_a_crash_counts_those_before_it_in_the_baseline(shop_id, monkeypatch):
    start_refresh(shop_id, [ONCE])
    run = first_chunk_only(shop_id, monkeypatch)
    with db.read() as session:
        assert session.get_one(Run, (shop_id, run.id)).position["after"] == 4
    work_on_runs.work_on_runs(shop_id)
    assert members(shop_id) == {"once": {1, 4, 7, 10}}
    with db.read() as session:
        assert baselines.latest(session, shop_id).baseline.buyers == 7


def test_a_job_gives_way_after_its_seconds_and_the_next_ones_go_on(shop_id, monkeypatch):
    monkeypatch.setattr(work_on_runs, "SECONDS_A_JOB", 0)
    start_refresh(shop_id, [ONCE])
    places = []
    while not places or places[-1][0] != runs.DONE:
        work_on_runs.work_on_runs(shop_id)
        with db.read() as session:
            run = runs.newest(session, shop_id, runs.REFRESH)
            places.append((run.state, run.position["after"], run.done_count))
    assert places == [("running", 4, 4), ("running", 8, 8), ("running", 10, 10), ("done", 10, 10)]
    assert members(shop_id) == {"once": {1, 4, 7, 10}}
    assert len(movements(shop_id)) == 4
    with db.read() as session:
        assert baselines.latest(session, shop_id).baseline.buyers == 7


def test_a_newer_change_of_settings_ends_a_run_under_way(shop_id, monkeypatch):
    start_refresh(shop_id, [ONCE])
    run = first_chunk_only(shop_id, monkeypatch)
    start_refresh(shop_id, [TWICE])
    work_on_runs.work_on_runs(shop_id)
    with db.read() as session:
        ended = session.get_one(Run, (shop_id, run.id))
        assert (ended.state, ended.position["after"]) == (runs.DONE, 4)
    work_on_runs.work_on_runs(shop_id)
    assert members(shop_id) == {"once": set(), "twice": {2, 5, 8}}
    # Nobody behind the first chunk ever moved by the older settings.
    assert {customer for customer, bit, *_ in movements(shop_id) if bit == 0} == {1, 4}


def test_who_was_deleted_is_not_judged_though_their_history_is_there(shop_id):
    with db.write() as session:
        session.get_one(Customer, (shop_id, 4)).deleted_at = NOW
        session.get_one(Customer, (shop_id, 7)).merged_into = 1
    start_refresh(shop_id, [ONCE])
    work_on_runs.work_on_runs(shop_id)
    assert members(shop_id) == {"once": {1, 10}}


NUMBERS = [-(2**63), -1, 0, 1, 2**53 + 1, 2**63 - 1]


def test_the_largest_and_smallest_numbers_come_through_as_arrays(shop_id):
    with db.write() as session:
        arrays.insert(
            session,
            Customer,
            {name: [value] * 6 for name, value in EMPTY.items()}
            | {"shop_id": [shop_id] * 6, "customer_id": list(range(101, 107)), "wanted_tags": NUMBERS},
        )
    query = select(Customer.customer_id, Customer.wanted_tags).where(
        Customer.shop_id == shop_id, Customer.customer_id > 100
    )
    with db.read() as session:
        customer_ids, tags = arrays.integers(session, query)
    assert dict(zip(customer_ids.tolist(), tags.tolist(), strict=True)) == dict(
        zip(range(101, 107), NUMBERS, strict=True)
    )


EMPTY = dict.fromkeys(("wanted_tags", "applied_tags", "unsure_tags", "foreign_tags"), 0)


def test_no_rows_are_empty_arrays(shop_id):
    with db.read() as session:
        found = arrays.integers(session, select(Customer.customer_id).where(Customer.shop_id == shop_id + 1))
    assert [each.dtype for each in found] == [np.int64]
    assert [len(each) for each in found] == [0]


def test_arrays_of_no_shop_in_particular_are_refused(shop_id):
    with db.read() as session, pytest.raises(scope.Unscoped):
        arrays.integers(session, select(Customer.customer_id))


@ON_ONE_DATABASE
@pytest.mark.parametrize("query", [loading.STANDING_OF_SOME, loading.HISTORIES_OF_SOME, loading.HISTORIES_OF_NEXT])
def test_some_customers_are_looked_up_by_their_key(shop_id, query):
    with db.read() as session:
        connection = session.connection()
        compiled, text = arrays._compiled(query, connection.dialect)
        plan = connection.connection.driver_connection.execute(
            f"EXPLAIN QUERY PLAN {text}", [1] * len(compiled.positiontup)
        )
        assert any("(shop_id=? AND customer_id" in step for *_, step in plan)


@ON_ONE_DATABASE
def test_bytes_that_a_database_joined_short_are_read_row_by_row(shop_id, monkeypatch):
    query = loading.HISTORIES
    with db.read() as session:
        joined = arrays.packed(session, query, shop_id=shop_id)
        short = select(
            func.group_concat(OrderHistory.customer_id),
            func.group_concat(func.length(OrderHistory.history)),
            literal(b"as far as the first zero"),
        )
        monkeypatch.setattr(arrays, "_packed_text", lambda _: short.where(OrderHistory.shop_id == shop_id))
        one_by_one = arrays.packed(session, query, shop_id=shop_id)
    histories = [
        dict(zip(ids.tolist(), np.split(np.frombuffer(all_bytes, np.uint8), np.cumsum(lengths)), strict=False))
        for ids, lengths, all_bytes in (joined, one_by_one)
    ]
    assert histories[0].keys() == histories[1].keys() == {1, 2, 4, 5, 7, 8, 10}
    assert all(np.array_equal(histories[0][customer], histories[1][customer]) for customer in histories[0])
