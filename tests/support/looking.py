"""This process looking into the database and the Redis of a stack that runs beside it."""

import pytest

from plugin import app, queues
from plugin.local.stack import Stack


def into(stack: Stack, patch: pytest.MonkeyPatch, **settings: str) -> None:
    """Take over the stack's settings, and these, until `patch` is undone."""
    for name, value in (stack.environment | settings).items():
        patch.setenv(name, value)
    queues.connection.cache_clear()
    app.start()
