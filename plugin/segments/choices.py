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
from plugin.segments.voice import Said, Voice, message

UNKNOWN = -1
"""Of a customer nobody has told us about. No comparison holds for it, "is not" neither."""

# A country's two letters, a dash, and what Shopify calls the province: US-CA, AU-WA, MX-Q ROO, JP-JP-13.
PROVINCE = re.compile(r"([A-Z]{2})-([A-Z0-9][A-Z0-9 .-]{0,6})", re.ASCII)
SHOPIFY_ID = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
# What texts of up to ten such characters are numbered by.
LETTERS = " -.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

CONSENT = {
    "subscribed": Said("subscribed to marketing emails"),
    "pending": Said("waiting to confirm their subscription"),
    "unsubscribed": Said("unsubscribed from marketing emails"),
    "not_subscribed": Said("without a subscription, and never had one"),
    "invalid": Said("unreachable by email (the address is invalid)"),
}
SHOPIFY_RFM = {
    "champions": Said("champions"),
    "loyal": Said("loyal"),
    "active": Said("active"),
    "new": Said("new"),
    "promising": Said("promising"),
    "needs_attention": Said("needing attention"),
    "at_risk": Said("at risk"),
    "almost_lost": Said("almost lost"),
    "previously_loyal": Said("previously loyal"),
    "dormant": Said("dormant"),
    "prospects": Said("prospects (without an order)"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    measure: str
    read: Callable[[str], str]
    """The word as it is stored, of a text as a merchant may write it; ValueError says what is wrong."""
    say: Callable[[str, Voice], str]
    """A stored word to a person."""
    code: Callable[[str], int]
    """The number of a stored word, the same in every process; ValueError for one nobody could choose."""
    one_of: str
    none_of: str
    """Customers who are one of some words, or none of them, in a sentence about a rule."""
    options: Mapping[str, Said] | None
    """All there are to choose from, with how they are said; None if the shop's own data says so."""
    unset: str | None = None
    """What it means that nothing is stored; None: that nobody knows."""


def read(measure: str, raw: object) -> tuple[str, ...]:
    """The words of a definition (one, or a list) as they are stored, each once; ValueError says what is wrong."""
    written = list(raw) if isinstance(raw, list | tuple) else [raw]
    if not written:
        raise ValueError(Said("must name at least one"))
    words = [CHOICES[measure].read(_text(each)) for each in written]
    return tuple(sorted(set(words)))


def phrase(measure: str, words: Sequence[str], voice: Voice, *, negated: bool) -> str:
    """ "live in Canada or Germany"; negated "live elsewhere than in Canada or Germany"."""
    return around(measure, listed(measure, words, voice), voice, negated=negated)


def listed(measure: str, words: Sequence[str], voice: Voice) -> str:
    """ "Austria, Canada or Germany"."""
    said = sorted(CHOICES[measure].say(word, voice) for word in words)
    if len(said) < 2:
        return "".join(said)
    return voice.text("{several} or {last}", several=", ".join(said[:-1]), last=said[-1])


def around(measure: str, words: str, voice: Voice, *, negated: bool) -> str:
    """The phrase with words that are listed already."""
    choice = CHOICES[measure]
    return voice.text(choice.none_of if negated else choice.one_of, words=words)


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
        raise ValueError(Said("must be a word or a list of words"))
    return str(raw).strip()


def _among(options: Mapping[str, str]) -> Callable[[str], str]:
    def read_one(text: str) -> str:
        word = re.sub(r"[\s-]+", "_", text.casefold())
        if word not in options:
            raise ValueError(Said("must be one of {known}", known=", ".join(options)))
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
    raise ValueError(Said("must be a country's two letters, such as CA for Canada"))


def _say_country(word: str, voice: Voice) -> str:
    return voice.country(word)


def _read_province(text: str) -> str:
    found = PROVINCE.fullmatch(text.upper())
    if found is None or found[1] not in countries():
        raise ValueError(
            Said("must be a country's two letters, a dash and the province's code, such as CA-ON for Ontario")
        )
    return text.upper()


def _say_province(word: str, voice: Voice) -> str:
    country, _, province = word.partition("-")
    return f"{province} ({voice.country(country)})"


def _number_of_text(word: str) -> int:
    number = 0
    for letter in word:
        number = number * (len(LETTERS) + 1) + LETTERS.index(letter) + 1
    return number


def _read_segment(text: str) -> str:
    number = text.rpartition("/")[2] if text.startswith("gid://shopify/Segment/") else text
    if not SHOPIFY_ID.fullmatch(number) or int(number) > 2**63 - 1:
        raise ValueError(Said("must be the number of a segment in Shopify (the end of its address there)"))
    return number


def _say_itself(word: str, _voice: Voice) -> str:
    return word


def _say_from(options: Mapping[str, Said]) -> Callable[[str, Voice], str]:
    return lambda word, voice: options[word].by(voice)


CHOICES = {
    choice.measure: choice
    for choice in (
        Choice(
            "country",
            _read_country,
            _say_country,
            _number_of_text,
            message("had their latest order sent to {words}"),
            message("had their latest order sent elsewhere than to {words}"),
            None,
        ),
        Choice(
            "province",
            _read_province,
            _say_province,
            _number_of_text,
            message("had their latest order sent to {words}"),
            message("had their latest order sent elsewhere than to {words}"),
            None,
        ),
        Choice(
            "consent",
            _among(CONSENT),
            _say_from(CONSENT),
            _place_among(CONSENT),
            message("are {words}"),
            message("are not {words}"),
            CONSENT,
            unset="not_subscribed",
        ),
        Choice(
            "rfm_group",
            _among(rfm_groups.NAMES),
            _say_from(rfm_groups.NAMES),
            _place_among(rfm_groups.NAMES),
            message("are {words}"),
            message("are not {words}"),
            rfm_groups.NAMES,
        ),
        Choice(
            "shopify_rfm",
            _among(SHOPIFY_RFM),
            _say_from(SHOPIFY_RFM),
            _place_among(SHOPIFY_RFM),
            message("are {words} in Shopify's own grouping"),
            message("are not {words} in Shopify's own grouping"),
            SHOPIFY_RFM,
        ),
        Choice(
            "shopify_segment",
            _read_segment,
            _say_itself,
            int,
            message("are in Shopify's segment {words}"),
            message("are not in Shopify's segment {words}"),
            None,
        ),
    )
}
