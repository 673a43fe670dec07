"""Bringing a database to the newest tables, and telling how new its tables are."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Version:
    """How new a database's tables are (`here`, empty if there are none) beside those this program makes (`newest`)."""

    here: frozenset[str]
    newest: frozenset[str]
    known: frozenset[str]

    @property
    def is_too_old(self) -> bool:
        """Whether `upgrade` has to come first. Newer tables are those of a next version, which only adds."""
        return not self.here or bool(self.here & self.known - self.newest)


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to `revision`; doing it again does nothing."""
    command.upgrade(configuration(engine), revision)


def configuration(engine: Engine) -> Config:
    """What alembic's commands need to work on this database."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["engine"] = engine
    return config


def version(connection: Connection) -> Version:
    """How new the tables are that this connection sees."""
    known, newest = _revisions()
    return Version(frozenset(MigrationContext.configure(connection).get_current_heads()), newest, known)


@cache
def _revisions() -> tuple[frozenset[str], frozenset[str]]:
    """All that this program knows, and the newest."""
    scripts = ScriptDirectory(str(MIGRATIONS))
    return frozenset(each.revision for each in scripts.walk_revisions()), frozenset(scripts.get_heads())
