"""The soak's short form: everything that can break does, once at least, and the tags in the store end right."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.soak import plan, reckoning
from tests.soak.reckoning import Difference

PROJECT = Path(__file__).parents[2]


@pytest.mark.timeout(900)
def test_a_store_on_which_everything_breaks_ends_with_the_right_tags(tmp_path):
    command = [sys.executable, "-m", "tests.soak", "--seed", "7", "--deliveries", "400", "--keep", str(tmp_path)]
    soak = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=800)
    assert soak.returncode == 0, soak.stdout[-6000:] + soak.stderr[-2000:]
    assert "FINE" in soak.stdout


@pytest.mark.parametrize("deliveries", [400, 20_000])
def test_a_seed_plants_the_same_again_and_another_seed_something_else(deliveries):
    planned = plan.faults(3, deliveries, "sqlite")
    assert planned == plan.faults(3, deliveries, "sqlite") != plan.faults(4, deliveries, "sqlite")
    assert {fault.kind for fault in planned} == plan.ONE_IN.keys() - plan.ON_POSTGRESQL
    assert all(0 < fault.at < deliveries for fault in planned)


def test_faults_grow_with_the_deliveries():
    assert len(plan.faults(3, 20_000, "postgresql")) > 5 * len(plan.faults(3, 400, "postgresql"))


def test_a_missing_tag_and_one_too_many_are_told_by_customer():
    found = reckoning.differences([1, 2, 3], {1: {"repeat"}, 2: {"repeat"}}, {1: {"repeat"}, 3: {"lapsed"}})
    assert found == [
        Difference(2, frozenset(), frozenset({"repeat"})),
        Difference(3, frozenset({"lapsed"}), frozenset()),
    ]
