"""A copy of the database, taken while the app runs: restored elsewhere the app goes on, and finds what came since."""

import secrets
import shutil
import sqlite3
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.engine import make_url

from plugin import cli
from plugin.db import session as db
from plugin.doctor import compared_histories
from tests.conftest import administer, start
from tests.support import postgres
from tests.support import shop as shops
from tests.support.installed import ON_ONE_DATABASE, InstalledShop
from tests.support.stored import everything

INSERT = text(
    "INSERT INTO inbox_events (shop_id, webhook_id, topic, triggered_at, received_at, attempts)"
    " VALUES (:shop, :webhook, 'orders/create', 0, 0, 0)"
)
Copy = Callable[[], Callable[[], None]]


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.cli, words)


@pytest.fixture
def copied(settings, request, tmp_path, monkeypatch) -> Iterator[Copy]:
    """Takes a copy as docs/operations.md says; calling what that returns moves the app to a restored one."""
    url, made = make_url(settings.database_url), []

    def copy_sqlite() -> Callable[[], None]:
        assert run("backup", str(tmp_path / "copy")).exit_code == 0
        return lambda: move(f"sqlite:///{shutil.copy(tmp_path / 'copy', tmp_path / 'elsewhere.sqlite3')}")

    def copy_postgresql() -> Callable[[], None]:
        spoken = url.set(drivername="postgresql")
        program("pg_dump", "--format=custom", "--file", tmp_path / "copy", "--dbname", address(spoken))
        return restore_postgresql

    def restore_postgresql() -> None:
        made.append(f"restored_{secrets.token_hex(6)}")
        administer(address(url.set(database="postgres")), f"CREATE DATABASE {made[0]}")
        there = address(url.set(drivername="postgresql", database=made[0]))
        program("pg_restore", "--no-owner", "--dbname", there, tmp_path / "copy")
        move(address(url.set(database=made[0])))

    def move(there: str) -> None:
        monkeypatch.setenv("DATABASE_URL", there)
        start()

    yield copy_sqlite if url.get_backend_name() == "sqlite" else copy_postgresql
    db.engine().dispose()
    for name in made:
        administer(address(url.set(database="postgres")), f"DROP DATABASE {name} WITH (FORCE)")


def address(url) -> str:
    return url.render_as_string(hide_password=False)


def program(name: str, *words: object) -> None:
    subprocess.run([postgres.program(name), *map(str, words)], check=True, capture_output=True)


def test_what_came_since_the_copy_is_found_after_it_is_restored(shop: InstalledShop, copied: Copy):
    stays, returns = shop.buyers(2)
    shop.settle()
    restore = copied()
    before = everything()
    shop.buy(returns)
    later = shop.buyers(2)
    shop.settle()
    restore()
    assert everything() == before
    assert run("reconcile", "--all").exit_code == 0
    shop.settle()
    assert shop.tagged("first-time") == sorted([stays, *later])
    assert shop.tagged("repeat") == [returns]
    # Tags that were written after the copy are ours, and go; what comes from now on is taken as ever.
    shop.store.refund_order(shop.handle, shop.store.orders(shop.handle, later[0])[0]["id"])
    newcomer = shop.buy()["customer"]["id"]
    shop.settle()
    assert shop.tagged("first-time") == sorted([stays, later[1], newcomer])
    assert compared_histories.compare(everybody=True).findings == ()


@ON_ONE_DATABASE
def test_a_copy_taken_while_others_write_is_whole(settings, tmp_path):
    shop_id, written, stop = shops.make_shop(), [], threading.Event()

    def write() -> None:
        while not stop.is_set():
            with db.write() as session:
                session.execute(INSERT, {"shop": shop_id, "webhook": f"{len(written)}"})
                session.execute(INSERT, {"shop": shop_id, "webhook": f"{len(written)}-twin"})
            written.append(1)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        for number in range(5):
            seen = len(written)
            assert run("backup", str(tmp_path / f"copy-{number}")).exit_code == 0
            with sqlite3.connect(tmp_path / f"copy-{number}") as copy:
                (count,) = copy.execute("SELECT count(*) FROM inbox_events").fetchone()
            assert (count % 2, count >= 2 * seen) == (0, True)
    finally:
        stop.set()
        writer.join(60)


@ON_ONE_DATABASE
def test_a_copy_is_one_file_for_its_owner_alone(settings, tmp_path):
    (tmp_path / "copies").mkdir()
    told = run("backup", str(tmp_path / "copies" / "today"))
    assert (told.exit_code, "checked" in told.output) == (0, True)
    assert [each.name for each in (tmp_path / "copies").iterdir()] == ["today"]
    assert stat.S_IMODE((tmp_path / "copies" / "today").stat().st_mode) == 0o600


@ON_ONE_DATABASE
def test_no_file_is_overwritten_and_no_half_copy_left(settings, tmp_path, monkeypatch):
    (tmp_path / "there").write_text("precious")
    assert "exists already" in run("backup", str(tmp_path / "there")).output
    assert (tmp_path / "there").read_text() == "precious"
    assert run("backup", str(tmp_path / "no" / "such" / "directory")).exit_code == 1
    Path(tmp_path / "broken.sqlite3").write_bytes(b"SQLite format 3\0" + bytes(5_000))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'broken.sqlite3'}")
    assert run("backup", str(tmp_path / "copy")).exit_code == 1
    assert not list(tmp_path.glob("copy*"))


@ON_ONE_DATABASE
def test_postgresql_is_copied_with_its_own_means(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@127.0.0.1/regulars")
    assert "pg_dump" in run("backup", str(tmp_path / "copy")).output
