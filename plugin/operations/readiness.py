"""Whether this process could take a delivery now: its database answers, can be written, and has the tables we expect.

Redis is looked at and said, and not required: without it deliveries are stored all the same. /readyz and /metrics ask;
nothing is changed by looking.
"""

import threading
import time
from dataclasses import dataclass

from redis import RedisError
from sqlalchemy import text as sql  # `text` marks what pages say
from sqlalchemy.exc import SQLAlchemyError

from plugin import queues
from plugin.db import schema
from plugin.db import session as db

OK = "ok"
REQUIRED = ("database", "writable", "tables")
# Whoever asks, and however often: the database is looked at no more than once in this time.
REMEMBERED_SECONDS = 1.0
# As much as a long delivery takes in the file: a disk or a file that is full is seen before one is refused.
ROOM_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was found, by what was looked at: OK, or in a few words what is wrong."""

    checks: dict[str, str]

    @property
    def ready(self) -> bool:
        """Whether a delivery would be stored."""
        return all(self.checks[name] == OK for name in REQUIRED)


_looking = threading.Lock()
_found: tuple[float, Readiness] | None = None


def look() -> Readiness:
    """How it stands, at most REMEMBERED_SECONDS ago."""
    global _found  # noqa: PLW0603 - one process, one database
    with _looking:
        if _found is None or time.monotonic() - _found[0] >= REMEMBERED_SECONDS:
            _found = (time.monotonic(), look_now())
        return _found[1]


def look_now() -> Readiness:
    """How it stands at this moment, for who asks once."""
    return Readiness({**_database(), "redis": _redis()})


def _database() -> dict[str, str]:
    found = dict.fromkeys(REQUIRED, "unknown")
    try:
        with db.engine().execution_options(read_only=True).connect() as connection:
            connection.execute(sql("SELECT 1"))
            found["database"] = OK
            found["tables"] = "regulars db upgrade is to be run" if schema.version(connection).is_too_old else OK
    except SQLAlchemyError:
        return found | {"database": "cannot be read"}
    try:
        found["writable"] = _write()
    except SQLAlchemyError:
        found["writable"] = "cannot be written"
    return found


def _write() -> str:
    """Have the database write something that changes nothing, through to the disk."""
    with db.write() as session:
        if session.connection().dialect.name != "sqlite":
            # A standby, or a server that was set to read only, says so; the message reaches its log on the disk.
            asked = sql(
                "SELECT current_setting('transaction_read_only'), pg_logical_emit_message(true, 'regulars', '')"
            )
            return OK if session.execute(asked).one()[0] == "off" else "is read only"
        same = session.scalar(sql("PRAGMA user_version"))
        for statement in (
            "SAVEPOINT room",
            "CREATE TABLE room (body BLOB)",
            f"INSERT INTO room VALUES (zeroblob({ROOM_BYTES}))",  # noqa: S608 - a number of ours
            "ROLLBACK TO room",
            f"PRAGMA user_version = {same}",
        ):
            session.execute(sql(statement))
    return OK


def _redis() -> str:
    try:
        queues.connection().ping()
    except RedisError:
        return "does not answer"
    return OK
