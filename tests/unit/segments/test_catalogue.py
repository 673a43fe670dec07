"""The catalogue is data: whole, without doubles, with a blank only where there is something to fill in."""

import pytest

from plugin.segments import catalogue, clashes, presets
from plugin.segments.rules import Segment

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
@pytest.mark.parametrize("digits", [0, 2, 3])
def test_a_preset_is_a_segment_in_every_currency_and_comes_back_as_it_was(preset, digits):
    segment = Segment.from_definition(preset.definition(), 0, digits)
    written = segment.to_definition(digits)
    assert Segment.from_definition(written, 0, digits) == segment
    assert Segment.from_definition(written, 0, digits).to_definition(digits) == written


def test_nothing_in_the_catalogue_needs_mending():
    everything = [preset.definition() for preset in PRESETS]
    clashes.validate(everything, 2)
    assert clashes.find(everything, 2) == clashes.Clashes()


def test_a_shop_begins_with_presets_of_the_catalogue():
    tags = ["first-time", "repeat", "frequent", "high-spender", "at-risk", "lapsed"]
    assert [definition["tag"] for definition in presets.DEFAULTS] == tags


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
