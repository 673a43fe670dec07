"""Bulk operations side by side: how many may run, and what cancelling one of them does."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dev_store.bulk_operations import BulkOperation, BulkOperations
from dev_store.bulk_plan import Branch

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def ended() -> list[BulkOperation]:
    return []


@pytest.fixture
def bulk(tmp_path: Path, ended: list[BulkOperation]) -> BulkOperations:
    return BulkOperations(tmp_path, lambda: NOW, ended.append)


def started(bulk: BulkOperations) -> BulkOperation:
    operation = bulk.start("{ orders { edges { node { id } } } }")
    assert operation is not None
    return operation


def test_a_sixth_operation_waits_for_one_to_end(bulk: BulkOperations) -> None:
    first, *_others = [started(bulk) for _ in range(5)]
    assert bulk.start("{}") is None
    bulk.run(first, (), threading.Lock(), grouped=True)
    assert first.status == "COMPLETED"
    assert bulk.start("{}") is not None


def test_a_cancelled_operation_stops_after_its_batch(bulk: BulkOperations, ended: list[BulkOperation]) -> None:
    operation = started(bulk)

    def show(node: int) -> dict[str, int]:
        if node == 700:
            bulk.cancel(operation)
        return {"id": node}

    everything = Branch(lambda _: range(100_000), show, ())
    bulk.run(operation, (everything,), threading.Lock(), grouped=True)
    assert (operation.status, operation.object_count, operation.url) == ("CANCELED", 1000, None)
    assert operation.partial_data_url
    assert ended == [operation]
    assert not bulk.cancel(operation)


def test_a_record_that_cannot_be_shown_fails_the_operation(bulk: BulkOperations) -> None:
    operation = started(bulk)
    broken = Branch(lambda _: [1], lambda _: {"id": 1 // 0}, ())
    with pytest.raises(ZeroDivisionError):
        bulk.run(operation, (broken,), threading.Lock(), grouped=True)
    assert (operation.status, operation.error_code) == ("FAILED", "INTERNAL_SERVER_ERROR")
