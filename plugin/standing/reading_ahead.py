"""A shop's customers chunk by chunk: each chunk is read while the one before it is judged and recorded.

For plugin.standing.refresh. What was read ahead counts only where nobody has written for the shop since; else it is
read again. Changes nothing.
"""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

from sqlalchemy.orm import Session

from plugin import clock
from plugin.db import session as db
from plugin.segments.needs import Needs
from plugin.standing import loading
from plugin.standing.loading import Loaded


class ReadingAhead:
    """Chunks of so many customers, each for a transaction that holds the shop as the write of a number (shops.hold)."""

    def __init__(self, shop_id: int, most: int) -> None:
        self._shop_id, self._most = shop_id, most
        self._thread = ThreadPoolExecutor(1, "reading")
        self._coming: tuple[int, Future[Loaded]] | None = None

    def following(self, session: Session, write: int, after: int, needs: Needs) -> Loaded:
        """The next customers with ids above `after`. Those behind them are read from now on."""
        loaded = self._read_ahead(write)
        if loaded is None:
            loaded = loading.following(session, self._shop_id, after, self._most, needs, clock.now())
        if len(loaded.standing.customer_ids) == self._most:
            last = int(loaded.standing.customer_ids[-1])
            self._coming = write, self._thread.submit(self._read, last, needs)
        return loaded

    def wait(self) -> None:
        """Until nothing is being read. Before the transaction ends: while anybody reads, SQLite's log only grows."""
        if self._coming is not None:
            wait([self._coming[1]])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()

    def _read_ahead(self, write: int) -> Loaded | None:
        """What was read while the last transaction held the shop; None if somebody else has held it in between."""
        coming, self._coming = self._coming, None
        return coming[1].result() if coming is not None and coming[0] == write - 1 else None

    def _read(self, after: int, needs: Needs) -> Loaded:
        with db.read() as session:
            return loading.whole(session, self._shop_id, after, self._most, needs, clock.now())
