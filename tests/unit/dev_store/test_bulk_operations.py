"""Bulk operations side by side: how many may run, how one stands still, and what cancelling it does."""

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dev_store import bulk_queries
from dev_store.access import Access
from dev_store.bucket import Bucket
from dev_store.bulk_operations import MUTATION, QUERY, BulkOperation, BulkOperations, Conduct, Ending
from dev_store.bulk_plan import Branch
from dev_store.files import Files
from dev_store.state import Shop

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def silent(*_: Any) -> None:
    return None


@pytest.fixture
def ended() -> list[BulkOperation]:
    return []


@pytest.fixture
def bulk(tmp_path: Path, ended: list[BulkOperation]) -> BulkOperations:
    shop = Shop(
        "demo", 1, "Demo", "USD", "UTC", "plus", frozenset(), Access(), Bucket.of_plan("plus"), NOW
    )  # fmt: skip
    return BulkOperations(shop, Files(tmp_path, lambda: NOW), lambda: NOW, ended.append, lambda _: silent)


def started(bulk: BulkOperations, kind: str = QUERY) -> BulkOperation:
    operation = bulk.start(kind, "{ orders { edges { node { id } } } }")
    assert operation is not None
    return operation


def numbers(count: int, show: Any = lambda node: {"id": node}) -> tuple[Branch, ...]:
    return (Branch(lambda _: range(count), show, ()),)


@pytest.mark.parametrize(("kind", "other"), [(QUERY, MUTATION), (MUTATION, QUERY)])
def test_a_sixth_operation_of_a_kind_waits_for_one_to_end(bulk: BulkOperations, kind: str, other: str) -> None:
    first, *_others = [started(bulk, kind) for _ in range(5)]
    assert bulk.start(kind, "{}") is None
    assert bulk.start(other, "{}") is not None
    bulk_queries.carry_out(bulk, first, (), grouped=True)
    assert first.status == "COMPLETED"
    assert bulk.start(kind, "{}") is not None


def test_a_cancelled_operation_stops_after_its_batch(bulk: BulkOperations, ended: list[BulkOperation]) -> None:
    operation = started(bulk)

    def show(node: int) -> dict[str, int]:
        if node == 700:
            bulk.cancel(operation)
        return {"id": node}

    bulk_queries.carry_out(bulk, operation, numbers(100_000, show), grouped=True)
    assert (operation.status, operation.object_count, operation.file_size) == ("CANCELED", 1000, None)
    assert operation.result
    assert ended == [operation]
    assert not bulk.cancel(operation)


def test_a_record_that_cannot_be_shown_fails_the_operation(bulk: BulkOperations) -> None:
    operation = started(bulk)
    with pytest.raises(ZeroDivisionError):
        bulk_queries.carry_out(bulk, operation, numbers(1, lambda _: {"id": 1 // 0}), grouped=True)
    assert (operation.status, operation.error_code) == ("FAILED", "INTERNAL_SERVER_ERROR")


def test_an_operation_stands_still_until_told_otherwise(bulk: BulkOperations) -> None:
    bulk.behave(QUERY, Conduct(held_after=3))
    operation = started(bulk)
    thread = threading.Thread(target=bulk_queries.carry_out, args=(bulk, operation, numbers(10), True))
    thread.start()
    thread.join(0.1)
    assert (operation.status, operation.object_count) == ("RUNNING", 3)
    bulk.behave(QUERY, Conduct())
    thread.join(5)
    assert (operation.status, operation.object_count) == ("COMPLETED", 10)


def test_an_operation_that_stands_still_can_be_cancelled(bulk: BulkOperations) -> None:
    bulk.behave(QUERY, Conduct(held_after=0, seconds=60))
    operation = started(bulk)
    thread = threading.Thread(target=bulk_queries.carry_out, args=(bulk, operation, numbers(10), True))
    thread.start()
    bulk.cancel_all()
    thread.join(5)
    assert (operation.status, operation.result) == ("CANCELED", None)


def test_an_ending_waits_for_an_operation_of_its_kind(bulk: BulkOperations) -> None:
    bulk.endings.append(Ending(None, "EXPIRED", after=4, kind=MUTATION))
    untouched, ending = started(bulk, QUERY), started(bulk, MUTATION)
    for operation in (untouched, ending):
        bulk_queries.carry_out(bulk, operation, numbers(10), grouped=True)
    assert (untouched.status, untouched.object_count) == ("COMPLETED", 10)
    assert (ending.status, ending.error_code, ending.object_count) == ("EXPIRED", None, 4)
