"""Runs a state machine of hypothesis against what it models, the same examples every time.

MODEL_EXAMPLES=500 tries so many, MODEL_STEPS=100 lets each go on for longer; a failure prints the steps before it.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlalchemy.orm import Session

from plugin.db import session as db


def explore(machine: Callable[[], RuleBasedStateMachine], examples: int, steps: int) -> None:
    """Let the machine take its steps, in so many examples unless the environment says otherwise."""
    chosen = settings(
        max_examples=int(os.environ.get("MODEL_EXAMPLES", examples)),
        stateful_step_count=int(os.environ.get("MODEL_STEPS", steps)),
        # Making a failure shorter would take longer than the whole test.
        phases=(Phase.generate,) if "MODEL_EXAMPLES" not in os.environ else tuple(Phase),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)


class Meanwhile:
    """`with Meanwhile(3, happens):` has something happen right behind the block's third transaction that writes."""

    def __init__(self, transaction: int, happens: Callable[[], None]) -> None:
        self._left, self._happens, self._write = transaction, happens, db.write

    def __enter__(self) -> None:
        db.write = self._writing

    def __exit__(self, *_: object) -> None:
        db.write = self._write

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with self._write() as session:
            yield session
        self._left -= 1
        if self._left == 0:
            self._happens()
