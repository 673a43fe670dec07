"""Budgets that keep the code readable: a module is about one thing, a function fits on a screen."""

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGES = ("plugin", "webhooks", "workers", "admin_ui", "dev_store")
MODULES = [
    path for package in PACKAGES for path in (PROJECT / package).rglob("*.py") if "migrations/versions" not in str(path)
]
TESTS = list((PROJECT / "tests").rglob("test_*.py"))
MODULE_LINES, FUNCTION_LINES, TEST_LINES = 300, 50, 25

# A module may ask for more, with the reason why it is still about one thing.
LONGER: dict[str, str] = {
    "plugin/db/models.py": "every table on one page: its keys and constraints are read together",
}


def name(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return function.end_lineno - function.lineno + 1


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_says_what_it_is_for_and_keeps_to_its_budget(path):
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), "a module begins by saying what lives in it"
    assert len(text.splitlines()) <= MODULE_LINES or name(path) in LONGER
    long = {function.name: lines(function) for function in functions(path) if lines(function) > FUNCTION_LINES}
    assert long == {}


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_a_test_fits_into_its_budget(path):
    found = [function for function in functions(path) if function.name.startswith("test_")]
    assert {function.name: lines(function) for function in found if lines(function) > TEST_LINES} == {}
