"""The pages use nothing of Polaris that does not exist: tags, attributes, slots and words as Shopify publishes them."""

from pathlib import Path

import pytest

from tests.support import polaris_manifest

PROJECT = Path(__file__).parents[2]
TEMPLATES = sorted((PROJECT / "admin_ui/templates").glob("*.html"))
SCRIPTS = sorted([*(PROJECT / "admin_ui/static").glob("*.js"), *(PROJECT / "admin_ui/static").glob("*.css")])


def name(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_uses_nothing_that_does_not_exist(path):
    assert polaris_manifest.of_template(path.read_text()) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_a_script_makes_nothing_that_does_not_exist(path):
    assert polaris_manifest.of_script(path.read_text()) == []


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("<s-card></s-card>", "<s-card> does not exist"),
        ('<s-button kind="plain"></s-button>', "<s-button> has no attribute kind"),
        ('<s-button variant="danger"></s-button>', '<s-button variant="danger"> is not among its words'),
        ('<s-badge tone="{{ "good" if a else "info" }}"></s-badge>', '<s-badge tone="good"> is not among its words'),
        ('<s-badge {{ "closed" if a }}></s-badge>', "<s-badge> has no attribute closed"),
        ('<s-page><div slot="side"></div></s-page>', "<s-page> has no slot side"),
    ],
)
def test_a_template_that_uses_what_does_not_exist_is_found(template, fault):
    assert polaris_manifest.of_template(template) == [fault]


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ('document.createElement("s-card")', "<s-card> does not exist"),
        ('row.setAttribute("tone", "good")', 'no element takes tone="good"'),
        ('button.slot = "side"', "no element has the slot side"),
    ],
)
def test_a_script_that_makes_what_does_not_exist_is_found(script, fault):
    assert polaris_manifest.of_script(script) == [fault]
