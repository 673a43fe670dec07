"""`regulars segments`: out to a file, changed there, tried, and in again."""

from datetime import UTC, datetime

import pytest
import yaml
from click.testing import CliRunner, Result

from plugin import cli
from plugin.db import session as db
from plugin.db.models import Run
from plugin.segments import presets
from plugin.segments.needs import Needs
from plugin.standing import baselines, segment_store
from tests.support import shop as shops
from tests.support.installed import ON_ONE_DATABASE

pytestmark = ON_ONE_DATABASE


@pytest.fixture
def shop(set_clock) -> int:
    set_clock(datetime(2026, 6, 1, 12, tzinfo=UTC))
    return shops.make_shop(timezone="America/New_York")


@pytest.fixture
def file(shop, tmp_path):
    """The shop's segments, exported."""
    path = tmp_path / "segments.yaml"
    assert run("export", shops.DOMAIN, str(path)).output == f"6 segments: {path}\n"
    return path


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.cli, ["segments", *words])


def saved(shop_id: int) -> list[dict]:
    with db.read() as session:
        return segment_store.definitions(session, shop_id)


def runs_of(shop_id: int) -> int:
    with db.read() as session:
        return session.query(Run).where(Run.shop_id == shop_id).count()


def test_what_is_exported_can_be_imported_and_changes_nothing(shop, file):
    before = saved(shop)
    told = run("import", shops.DOMAIN, str(file))
    assert told.output.endswith("It was so already.\n")
    assert (saved(shop), runs_of(shop)) == (before, 0)


def test_without_a_file_the_segments_are_shown(shop):
    assert [each["tag"] for each in yaml.safe_load(run("export", shops.DOMAIN).output)] == [
        each["tag"] for each in presets.DEFAULTS
    ]


def test_a_dry_run_says_who_would_come_and_go_and_saves_nothing(shop, file):
    file.write_text(file.read_text().replace("tag: lapsed", "tag: gone"))
    before = saved(shop)
    told = run("import", shops.DOMAIN, str(file), "--dry-run").output
    assert "Lapsed (tag: gone): 0 customers, 0 enter, 0 leave" in told
    assert "(tag: lapsed): 0 customers" in told
    assert told.endswith("Nothing was changed.\n")
    assert saved(shop) == before


def test_an_import_replaces_the_set_and_has_everybody_judged(shop, file):
    file.write_text("- {name: A, tag: a, conditions: [{measure: orders, comparison: at_least, value: 3}]}")
    assert "Saved" in run("import", shops.DOMAIN, str(file)).output
    assert ([each["tag"] for each in saved(shop)], runs_of(shop)) == (["a"], 1)


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_what_is_wrong_is_told_with_its_line_and_nothing_is_saved(shop, file, options):
    file.write_text(file.read_text().replace("'500.00'", "'500.001'").replace("tag: repeat", "tag: 'a,b'"))
    before = saved(shop)
    told = run("import", shops.DOMAIN, str(file), *options)
    assert told.exit_code == 1
    wrong = [number for number, line in enumerate(file.read_text().splitlines(), 1) if "a,b" in line or ".001" in line]
    assert f"line {wrong[0]}: 1.tag must not contain" in told.output
    assert f"line {wrong[1]}: 3.conditions.0.value must not have more than 2 decimals" in told.output
    assert saved(shop) == before


def test_what_is_doubtful_is_noted_with_its_line_and_saved(shop, file):
    twice = "conditions: &enter [{measure: orders, comparison: at_least, value: 3}]\n  keep: *enter"
    file.write_text(f"- name: A\n  tag: a\n  {twice}\n")
    told = run("import", shops.DOMAIN, str(file)).output
    assert "Note: line 3: 0.keep asks for as much as the conditions to enter" in told
    assert [each["tag"] for each in saved(shop)] == ["a"]


def test_choosing_the_table_has_everybody_scored_by_it(shop):
    assert "Saved" in run("scale", shops.DOMAIN, "table").output
    assert run("scale", shops.DOMAIN, "table").output == "It was so already.\n"
    with db.read() as session:
        store = baselines.store(session, shop, Needs(baseline=True))
    assert (store.rfm_scale, runs_of(shop)) == ("table", 1)


def test_a_shop_without_a_baseline_gets_no_suggestions(shop):
    told = CliRunner().invoke(cli.cli, ["suggest", shops.DOMAIN])
    assert (told.exit_code, told.output) == (0, "The customers have not been looked at yet.\n")


@pytest.mark.parametrize("content", [b"- {", b"\xff\xfe", b"a: b"])
def test_a_file_that_is_none_is_refused_in_a_line(shop, tmp_path, content):
    (tmp_path / "bad").write_bytes(content)
    told = run("import", shops.DOMAIN, str(tmp_path / "bad"))
    assert told.exit_code == 1
    assert "Traceback" not in told.output
    assert str(tmp_path / "bad") in told.output
