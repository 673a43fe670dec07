"""The words of measures of choice: each of Shopify's has one of ours, and what is written is what is stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.language import ENGLISH
from plugin.segments import choices
from plugin.segments.choices import CHOICES, UNKNOWN
from tests.support import published_schema


def shopifys(enum: str) -> set[str]:
    return {name.lower() for name in published_schema.schema().type_map[enum].values}


def test_every_state_of_consent_at_shopify_has_words():
    assert shopifys("CustomerEmailAddressMarketingState") == set(choices.CONSENT)


def test_every_rfm_group_of_shopifys_has_words():
    assert shopifys("CustomerRfmGroup") == set(choices.SHOPIFY_RFM)


def test_every_country_shopify_knows_has_a_name():
    unnamed = {code for code in shopifys("CountryCode") if choices.countries().get(code.upper(), code) == code}
    assert unnamed == set()


@pytest.mark.parametrize(
    ("measure", "written", "stored"),
    [
        ("country", "ca", ("CA",)),
        ("country", ["DE", "ca", "CA"], ("CA", "DE")),
        ("country", False, ("NO",)),  # Norway as YAML reads it
        ("province", "us-ca", ("US-CA",)),
        ("province", "MX-Q Roo", ("MX-Q ROO",)),
        ("consent", "Not subscribed", ("not_subscribed",)),
        ("shopify_rfm", "AT_RISK", ("at_risk",)),
        ("shopify_segment", 652810191154, ("652810191154",)),
        ("shopify_segment", "gid://shopify/Segment/652810191154", ("652810191154",)),
    ],
)
def test_a_choice_is_read_however_merchants_write_it(measure, written, stored):
    assert choices.read(measure, written) == stored
    assert choices.read(measure, list(stored)) == stored


@pytest.mark.parametrize(
    ("measure", "written"),
    [
        ("country", "Canada"),
        ("country", ""),
        ("country", []),
        ("country", True),
        ("country", {"CA": 1}),
        ("country", "ÇA"),
        ("province", "ON"),
        ("province", "QQ-ON"),
        ("consent", "maybe"),
        ("consent", None),
        ("shopify_rfm", "best"),
        ("shopify_segment", 0),
        ("shopify_segment", "9" * 19),
        ("shopify_segment", "gid://shopify/Customer/1"),
    ],
)
def test_what_cannot_be_chosen_is_refused_in_words(measure, written):
    with pytest.raises(ValueError, match="must"):
        choices.read(measure, written)


@pytest.mark.parametrize(
    ("measure", "words", "negated", "said"),
    [
        ("country", ("DE", "CA", "US"), False, "had their latest order sent to Canada, Germany or United States"),
        ("province", ("CA-ON",), True, "had their latest order sent elsewhere than to ON (Canada)"),
        ("consent", ("subscribed",), False, "are subscribed to marketing emails"),
        ("shopify_rfm", ("at_risk", "dormant"), True, "are not at risk or dormant in Shopify's own grouping"),
        ("shopify_segment", ("7",), False, "are in Shopify's segment 7"),
    ],
)
def test_a_choice_is_said_in_a_sentence(measure, words, negated, said):
    assert choices.phrase(measure, words, ENGLISH, negated=negated) == said


@given(st.sets(st.from_regex(choices.PROVINCE, fullmatch=True) | st.sampled_from(("CA", "US", "DE")), min_size=2))
def test_no_two_places_have_the_same_number(places):
    numbers = choices.codes("province", places)
    assert len(set(numbers)) == len(places)
    assert all(0 < number < 2**63 for number in numbers)


@pytest.mark.parametrize("measure", CHOICES)
def test_what_nobody_has_told_us_and_words_of_tomorrow_are_unknown_but_for_a_consent_never_given(measure):
    never = choices.code("consent", "not_subscribed") if measure == "consent" else UNKNOWN
    assert choices.codes(measure, [None, "of tomorrow"]) == [never, UNKNOWN]
