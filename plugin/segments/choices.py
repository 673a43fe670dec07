"""The measures that are words and no numbers: what a definition may say of each, how people are told, and the number
that stands for each word in the engine.

Pure. Definitions are read with `read` and said with `phrase`; whoever loads facts makes numbers of stored words with
`codes`. To add a measure of choice: a row at the end, a row in docs/segments.md.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from babel import Locale

from plugin.segments import rfm_groups

UNKNOWN = -1
"""Of a customer nobody has told us about. No comparison holds for it, "is not" neither."""

# A country's two letters, a dash, and what Shopify calls the province: US-CA, AU-WA, MX-Q ROO, JP-JP-13.
PROVINCE = re.compile(r"([A-Z]{2})-([A-Z0-9][A-Z0-9 .-]{0,6})", re.ASCII)
SHOPIFY_ID = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
# What texts of up to ten such characters are numbered by.
LETTERS = " -.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

CONSENT = {
    "subscribed": "subscribed to marketing emails",
    "pending": "waiting to confirm their subscription",
    "unsubscribed": "unsubscribed from marketing emails",
    "not_subscribed": "without a subscription, and never had one",
    "invalid": "unreachable by email (the address is invalid)",
}
SHOPIFY_RFM = {
    "champions": "champions",
    "loyal": "loyal",
    "active": "active",
    "new": "new",
    "promising": "promising",
    "needs_attention": "needing attention",
    "at_risk": "at risk",
    "almost_lost": "almost lost",
    "previously_loyal": "previously loyal",
    "dormant": "dormant",
    "prospects": "prospects (without an order)",
}


@dataclass(frozen=True, slots=True)
class Choice:
    measure: str
    read: Callable[[str], str]
    """The word as it is stored, of a text as a merchant may write it; ValueError says what is wrong."""
    say: Callable[[str], str]
    """A stored word to a person."""
    code: Callable[[str], int]
    """The number of a stored word, the same in every process; ValueError for one nobody could choose."""
    one_of: str
    none_of: str
    """Customers who are one of some words, or none of them, in a sentence about a rule."""
    options: Mapping[str, str] | None
    """All there are to choose from, with how they are said; None if the shop's own data says so."""
    unset: str | None = None
    """What it means that nothing is stored; None: that nobody knows."""


def read(measure: str, raw: object) -> tuple[str, ...]:
    """The words of a definition (one, or a list) as they are stored, each once; ValueError says what is wrong."""
    written = list(raw) if isinstance(raw, list | tuple) else [raw]
    if not written:
        raise ValueError("must name at least one")
    words = [CHOICES[measure].read(_text(each)) for each in written]
    return tuple(sorted(set(words)))


def phrase(measure: str, words: Sequence[str], *, negated: bool) -> str:
    """ "live in Canada or Germany"; negated "live elsewhere than in Canada or Germany"."""
    choice = CHOICES[measure]
    said = sorted(choice.say(word) for word in words)
    listed = " or ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)
    return (choice.none_of if negated else choice.one_of).format(words=listed)


def code(measure: str, word: str) -> int:
    """The number of a word of a definition, to compare with `codes`."""
    return CHOICES[measure].code(word)


def codes(measure: str, stored: Iterable[str | None]) -> list[int]:
    """The numbers of what is stored of customers; UNKNOWN where nothing is, or a word that came up since."""
    return [_known_code(measure, word) for word in stored]


@cache
def _known_code(measure: str, word: str | None) -> int:
    choice = CHOICES[measure]
    word = choice.unset if word is None else word
    try:
        return UNKNOWN if word is None else choice.code(word)
    except ValueError:
        return UNKNOWN


def _text(raw: object) -> str:
    # YAML makes numbers of segments' numbers, and a truth value of the country NO.
    if raw is False:
        return "NO"
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise ValueError("must be a word or a list of words")
    return str(raw).strip()


def _among(options: Mapping[str, str]) -> Callable[[str], str]:
    def read_one(text: str) -> str:
        word = re.sub(r"[\s-]+", "_", text.casefold())
        if word not in options:
            raise ValueError(f"must be one of {', '.join(options)}")
        return word

    return read_one


def _place_among(options: Mapping[str, str]) -> Callable[[str], int]:
    # By the alphabet: where a word stands in a sentence or a table may change.
    numbers = {word: number for number, word in enumerate(sorted(options))}

    def number_of(word: str) -> int:
        if word not in numbers:
            raise ValueError(f"no such word: {word}")
        return numbers[word]

    return number_of


@cache
def countries() -> Mapping[str, str]:
    """The countries' names by their two letters."""
    named = {code: name for code, name in Locale("en").territories.items() if re.fullmatch("[A-Z]{2}", code)}
    return {"AN": "Netherlands Antilles", **named}  # which Shopify still knows


def _read_country(text: str) -> str:
    if text.upper() in countries():
        return text.upper()
    raise ValueError("must be a country's two letters, such as CA for Canada")


def _say_country(word: str) -> str:
    return countries().get(word, word)


def _read_province(text: str) -> str:
    found = PROVINCE.fullmatch(text.upper())
    if found is None or found[1] not in countries():
        raise ValueError("must be a country's two letters, a dash and the province's code, such as CA-ON for Ontario")
    return text.upper()


def _say_province(word: str) -> str:
    country, _, province = word.partition("-")
    return f"{province} ({_say_country(country)})"


def _number_of_text(word: str) -> int:
    number = 0
    for letter in word:
        number = number * (len(LETTERS) + 1) + LETTERS.index(letter) + 1
    return number


def _read_segment(text: str) -> str:
    number = text.rpartition("/")[2] if text.startswith("gid://shopify/Segment/") else text
    if not SHOPIFY_ID.fullmatch(number) or int(number) > 2**63 - 1:
        raise ValueError("must be the number of a segment in Shopify (the end of its address there)")
    return number


def _say_itself(word: str) -> str:
    return word


CHOICES = {
    choice.measure: choice
    for choice in (
        Choice(
            "country",
            _read_country,
            _say_country,
            _number_of_text,
            "had their latest order sent to {words}",
            "had their latest order sent elsewhere than to {words}",
            None,
        ),
        Choice(
            "province",
            _read_province,
            _say_province,
            _number_of_text,
            "had their latest order sent to {words}",
            "had their latest order sent elsewhere than to {words}",
            None,
        ),
        Choice(
            "consent",
            _among(CONSENT),
            CONSENT.__getitem__,
            _place_among(CONSENT),
            "are {words}",
            "are not {words}",
            CONSENT,
            unset="not_subscribed",
        ),
        Choice(
            "rfm_group",
            _among(rfm_groups.NAMES),
            rfm_groups.NAMES.__getitem__,
            _place_among(rfm_groups.NAMES),
            "are {words}",
            "are not {words}",
            rfm_groups.NAMES,
        ),
        Choice(
            "shopify_rfm",
            _among(SHOPIFY_RFM),
            SHOPIFY_RFM.__getitem__,
            _place_among(SHOPIFY_RFM),
            "are {words} in Shopify's own grouping",
            "are not {words} in Shopify's own grouping",
            SHOPIFY_RFM,
        ),
        Choice(
            "shopify_segment",
            _read_segment,
            _say_itself,
            int,
            "are in Shopify's segment {words}",
            "are not in Shopify's segment {words}",
            None,
        ),
    )
}
