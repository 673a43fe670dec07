"""Bulk operations of one shop: how many run, how each begins, goes on and ends, also on request.

`bulk_queries` and `bulk_mutations` start them and write their results; `announce` is told when one ends.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import IO, Any, Final

from graphql import GraphQLError

from dev_store import ids
from dev_store.customers import Announce
from dev_store.files import Files
from dev_store.resolvers import Asked
from dev_store.state import Shop

QUERY: Final = "QUERY"
MUTATION: Final = "MUTATION"
MOST_RUNNING = 5


@dataclass(frozen=True, slots=True)
class Conduct:
    """How operations of one kind behave on request: how long each takes at least, after how many of its objects it
    stands still until told otherwise, what starting one is refused with ("403" or a user error's code), whether every
    mutation's name is disallowed, and the seed that orders a mutation's lines.
    """

    seconds: float = 0.0
    held_after: int | None = None
    refused: str | None = None
    disallowed: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Ending:
    """How one operation is to end instead of well, and after how many of its objects; None: after the last."""

    error_code: str | None = "INTERNAL_SERVER_ERROR"
    status: str = "FAILED"
    after: int | None = None
    kind: str | None = None


@dataclass(slots=True)
class BulkOperation:
    """One bulk operation as the API shows it; `result` is the name of its file."""

    id: int
    type: str
    query: str
    created_at: datetime
    client_identifier: str | None = None
    ending: Ending | None = None
    status: str = "CREATED"
    error_code: str | None = None
    completed_at: datetime | None = None
    object_count: int = 0
    root_object_count: int = 0
    file_size: int | None = None
    result: str | None = None


@dataclass(slots=True)
class BulkOperations:
    """The bulk operations of one shop."""

    shop: Shop
    files: Files
    now: Callable[[], datetime]
    announce: Callable[[BulkOperation], None]
    announcer: Callable[[datetime], Announce]
    endings: list[Ending] = field(default_factory=list)
    _conducts: dict[str, Conduct] = field(default_factory=dict)
    _operations: dict[int, BulkOperation] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(7_933_224_000_001))
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def find(self, number: int) -> BulkOperation | None:
        """The operation with this number, if there is one."""
        return self._operations.get(number)

    def all(self) -> list[BulkOperation]:
        """Every operation, oldest first."""
        return list(self._operations.values())

    def running(self, kind: str | None = None) -> list[BulkOperation]:
        """The operations that have not ended, of one kind or both."""
        return [o for o in self.all() if o.completed_at is None and kind in {None, o.type}]

    def conduct(self, kind: str) -> Conduct:
        """How operations of this kind behave."""
        return self._conducts.get(kind, Conduct())

    def behave(self, kind: str, conduct: Conduct) -> None:
        """Behave so from now on; operations that stand still look again."""
        with self._changed:
            self._conducts[kind] = conduct
            self._changed.notify_all()

    def start(self, kind: str, query: str, client_identifier: str | None = None) -> BulkOperation | None:
        """A new operation, or None while as many of its kind as allowed are running."""
        with self._changed:
            if len(self.running(kind)) >= MOST_RUNNING:
                return None
            operation = BulkOperation(next(self._numbers), kind, query, self.now(), client_identifier)
            operation.ending = self._next_ending(kind)
            self._operations[operation.id] = operation
            return operation

    def cancel(self, operation: BulkOperation) -> bool:
        """Ask a running operation to stop after the piece in its hands; False if it has ended already."""
        with self._changed:
            if operation.completed_at is None:
                operation.status = "CANCELING"
            self._changed.notify_all()
            return operation.completed_at is None

    def cancel_all(self) -> None:
        """Stop everything: the app was removed."""
        for operation in self.running():
            self.cancel(operation)

    def carry_out(self, operation: BulkOperation, write: Callable[[IO[bytes]], None]) -> None:
        """Let `write` put the result of a started operation into its file and end it, one way or another."""
        path = self.files.new_result(self.shop)
        began = time.monotonic()
        with self._changed:
            if operation.status == "CREATED":
                operation.status = "RUNNING"
        ends = "COMPLETED"
        try:
            with path.open("wb") as result:
                write(result)
            self._take_long_enough(operation, began)
        except GraphQLError:
            ends, operation.error_code = "FAILED", "ACCESS_DENIED"
        except Exception:
            ends, operation.error_code = "FAILED", "INTERNAL_SERVER_ERROR"
            raise
        finally:
            size = path.stat().st_size
            self._end(operation, ends, path.name if size else None, size)

    def goes_on(self, operation: BulkOperation) -> bool:
        """Whether to do one more piece; waits while the operation is to stand still."""
        ending = operation.ending
        if ending and ending.after is not None and operation.root_object_count >= ending.after:
            return False
        if self.conduct(operation.type).held_after is not None:
            with self._changed:
                self._changed.wait_for(lambda: not self._stands_still(operation))
        return operation.status != "CANCELING"

    def _stands_still(self, operation: BulkOperation) -> bool:
        held_after = self.conduct(operation.type).held_after
        return (
            held_after is not None
            and operation.root_object_count >= held_after
            and operation.status != "CANCELING"
        )  # fmt: skip

    def _take_long_enough(self, operation: BulkOperation, began: float) -> None:
        rest = began + self.conduct(operation.type).seconds - time.monotonic()
        with self._changed:
            self._changed.wait_for(lambda: operation.status == "CANCELING", max(0.0, rest))

    def _next_ending(self, kind: str) -> Ending | None:
        for ending in self.endings:
            if ending.kind in {None, kind}:
                self.endings.remove(ending)
                return ending
        return None

    def _end(self, operation: BulkOperation, ends: str, result: str | None, size: int) -> None:
        with self._changed:
            if operation.status == "CANCELING":
                ends = "CANCELED"
            elif ends == "COMPLETED" and operation.ending:
                ends, operation.error_code = operation.ending.status, operation.ending.error_code
            operation.result = result
            if ends == "COMPLETED":
                operation.file_size = size or None
            operation.completed_at = self.now()
            operation.status = ends
        self.announce(operation)


def cancel(_: Any, asked: Asked, id: str) -> dict[str, Any]:  # noqa: A002 - the argument's name in the API
    """bulkOperationCancel: ask the thread to stop after the piece in its hands."""
    parsed = ids.parse(id)
    if parsed is None or parsed[0] != "BulkOperation":
        raise GraphQLError("invalid id", extensions={"code": "RESOURCE_NOT_FOUND"})
    bulk: BulkOperations = asked.context.bulk
    operation = bulk.find(parsed[1])
    if operation is None:
        return refused(["id"], "Bulk operation does not exist")
    if not bulk.cancel(operation):
        said = f"A bulk operation cannot be canceled when it is {operation.status.lower()}"
        return {**refused(None, said), "bulkOperation": operation}
    return {"bulkOperation": replace(operation), "userErrors": []}


def in_progress(bulk: BulkOperations, kind: str) -> dict[str, Any]:
    """The refusal of one operation too many."""
    running = ", ".join(ids.gid("BulkOperation", o.id) for o in bulk.running(kind))
    said = f"A bulk {kind.lower()} operation for this app and shop is already in progress: {running}."
    return refused(None, said, "OPERATION_IN_PROGRESS")


def refused(at: list[str] | None, message: str, code: str | None = None) -> dict[str, Any]:
    """The answer of a mutation that started nothing."""
    return {"bulkOperation": None, "userErrors": [{"field": at, "message": message, "code": code}]}
