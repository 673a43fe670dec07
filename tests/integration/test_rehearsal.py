"""A store's history through the real app, day by day: every count in the report equals a plain recount of the files."""

import csv
import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from dev_store.recount import History
from plugin.local import rehearsal
from plugin.segments import presets

CDNOW = Path(__file__).parents[2] / "dev_store" / "data" / "cdnow"
OTHERS = [
    {"name": "At risk", "tag": "at-risk", "conditions": [between := {"measure": "days_since_last_order"}]},
    {
        "name": "Lapsed",
        "tag": "lapsed",
        "conditions": [{"measure": "days_since_last_order", "comparison": "at_least", "value": 120}],
    },
    {
        "name": "High spender",
        "tag": "high-spender",
        "conditions": [{"measure": "spend", "window": 365, "comparison": "at_least", "value": "250.00"}],
    },
    {
        "name": "Small and new",
        "tag": "small",
        "conditions": [
            {"measure": "spend", "comparison": "below", "value": 40},
            {"measure": "days_since_first_order", "comparison": "below", "value": 300},
        ],
    },
]
between |= {"comparison": "between", "value": [60, 120]}


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    """The canonical tenth of CDNOW: 2,357 customers, 6,919 orders."""
    directory = tmp_path_factory.mktemp("sample")
    with gzip.open(CDNOW / "customers.csv.gz", "rt") as file:
        chosen = {row["customer_key"] for row in csv.DictReader(file) if row["sample_key"]}
    with gzip.open(CDNOW / "orders.csv.gz", "rt") as file, (directory / "orders.csv").open("w", newline="") as copy:
        reader = csv.DictReader(file)
        writer = csv.DictWriter(copy, reader.fieldnames)
        writer.writeheader()
        writer.writerows(row for row in reader if row["customer_key"] in chosen)
    return directory


def rehearse(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plugin.cli", "rehearse", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def report(path: Path) -> dict[tuple[str, str], tuple[int, ...]]:
    with path.open() as file:
        return {
            (row["as_of"], row["segment"]): tuple(int(row[column]) for column in ("customers", "entered", "left"))
            for row in csv.DictReader(file)
        }


def recount(directory: Path, definitions: list, first: datetime, steps: int, step: timedelta) -> dict:
    history = History(directory)
    before, rows = history.members(definitions, first), {}
    for number in range(1, steps + 1):
        as_of = first + number * step
        now = history.members(definitions, as_of)
        for tag, members in now.items():
            figures = len(members), len(members - before[tag]), len(before[tag] - members)
            rows[as_of.strftime("%Y-%m-%dT%H:%M:%SZ"), tag] = figures
        before = now
    return rows


def test_every_day_equals_a_recount_with_the_default_segments(sample, tmp_path):
    days = "--from", "1998-01-01", "--to", "1998-01-18"
    done = rehearse("--data", str(sample), *days, "--step", "1d", "--report", str(tmp_path / "report.csv"))
    assert done.returncode == 0, done.stderr
    expected = recount(sample, presets.DEFAULTS, datetime(1998, 1, 1, tzinfo=UTC), 18, timedelta(days=1))
    assert report(tmp_path / "report.csv") == expected
    assert sum(entered for _, entered, _ in expected.values()) > 100


@pytest.mark.parametrize("write", [json.dumps, yaml.safe_dump], ids=["JSON", "YAML"])
def test_segments_are_read_from_either_kind_of_file(tmp_path, write):
    (tmp_path / "segments").write_text(write(OTHERS))
    assert rehearsal.read_definitions(tmp_path / "segments") == OTHERS


def test_every_step_equals_a_recount_with_segments_from_a_file(sample, tmp_path):
    (tmp_path / "segments").write_text(yaml.safe_dump(OTHERS))
    days = "--from", "1997-11-03", "--to", "1997-12-14"
    files = "--segments", str(tmp_path / "segments"), "--report", str(tmp_path / "report.csv")
    done = rehearse("--data", str(sample), *days, "--step", "1w", *files)
    assert done.returncode == 0, done.stderr
    expected = recount(sample, OTHERS, datetime(1997, 11, 3, tzinfo=UTC), 6, timedelta(days=7))
    assert report(tmp_path / "report.csv") == expected


def test_segments_that_cannot_be_are_said_in_one_line(sample, tmp_path):
    (tmp_path / "segments.yaml").write_text("- {name: A, tag: a, conditions: [{measure: luck}]}")
    files = "--segments", str(tmp_path / "segments.yaml"), "--report", str(tmp_path / "report.csv")
    done = rehearse("--data", str(sample), "--from", "1998-01-01", "--to", "1998-01-02", *files)
    assert done.returncode == 2
    assert "measure" in done.stderr
    assert "Traceback" not in done.stderr
