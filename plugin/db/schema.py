"""Bringing a database to the newest tables."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to `revision`; doing it again does nothing."""
    command.upgrade(configuration(engine), revision)


def configuration(engine: Engine) -> Config:
    """What alembic's commands need to work on this database."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["engine"] = engine
    return config
