"""Lets a process die at a chosen commit or call: as an exception nobody catches, or killed outright.

`python -m tests.support.mortality SHOP_ID POINT BLOCK` is a worker that takes a shop's import on until it is killed.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from sqlalchemy import event
from sqlalchemy.orm import Session

from plugin.db import session as db
from plugin.shopify import http


class Killed(BaseException):
    """Stands for the end of the process: nothing here catches it."""


class Reaper:
    """Counts the points at which a process can die: before and after each commit and each call. Dies at one of them."""

    def __init__(self, at: int | None = None, die: Callable[[], None] | None = None) -> None:
        self.points = 0
        self._at, self._die = at, die

    def pass_by(self, *_: object) -> None:
        self.points += 1
        if self.points == self._at:
            if self._die:
                self._die()
            raise Killed

    @contextmanager
    def at_work(self) -> Iterator[Self]:
        hooks: list[tuple[object, str]] = [(db.engine(), "commit"), (Session, "after_commit")]
        for target, name in hooks:
            event.listen(target, name, self.pass_by)
        http.client().event_hooks = {"request": [self.pass_by], "response": [self.pass_by]}
        try:
            yield self
        finally:
            http.client().event_hooks = {}
            for target, name in hooks:
                event.remove(target, name, self.pass_by)


def _kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _work(shop_id: int, point: int, block: int) -> None:
    from plugin import app, runs
    from plugin.history import listing
    from workers import work_on_runs

    app.start()
    listing.BLOCK, work_on_runs.POLL_SECONDS = block, 0.02
    with Reaper(point, _kill_myself).at_work():
        while True:
            work_on_runs.work_on_runs(shop_id)
            with db.read() as session:
                if runs.next_run(session, shop_id) is None:
                    return


if __name__ == "__main__":
    _work(*map(int, sys.argv[1:]))
