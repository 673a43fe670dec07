"""The catalogue is data: whole, without doubles, with a blank only where there is something to fill in."""

import pytest

from plugin.segments import catalogue

PRESETS = catalogue.presets()
BY_KEY = pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)


def at(definition, path):
    found = definition
    for step in path.split("."):
        found = found[int(step) if step.isdigit() else step]
    return found


@pytest.mark.parametrize("part", ["key", "idea"])
def test_no_two_presets_share(part):
    assert len({getattr(preset, part) for preset in PRESETS}) == len(PRESETS)


def test_all_of_them_can_be_used_at_once():
    tags = [preset.definition()["tag"] for preset in PRESETS]
    assert len({tag.casefold() for tag in tags}) == len(tags)


@BY_KEY
def test_a_blank_is_somewhere_in_the_definition(preset):
    for path, question in preset.blanks.items():
        assert at(preset.definition(), path)
        assert question.endswith(("?", "."))


@BY_KEY
def test_an_idea_is_one_phrase_that_a_merchant_can_act_on(preset):
    assert preset.idea[0].isupper()
    assert not preset.idea.endswith(".")
    assert len(preset.idea) <= 90


def test_whoever_changes_a_preset_changes_their_copy():
    PRESETS[0].definition()["conditions"].clear()
    assert PRESETS[0].definition()["conditions"]


def test_groups_stand_together():
    groups = [preset.group for preset in PRESETS]
    assert sorted(set(groups), key=groups.index) == [g for i, g in enumerate(groups) if i == 0 or groups[i - 1] != g]
