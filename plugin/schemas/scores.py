"""How likely somebody is to recommend the shop, from 0 to 10, as metafields, files and survey tools write it. Pure."""

import json
import re
from decimal import Decimal

HIGHEST = 10
WRITTEN = re.compile(r"[0-9]{1,4}(?:[.,][0-9]{1,24})?", re.ASCII)


class NoScore(ValueError):
    """What was given is no answer to the question; the message says why, without repeating it."""


def read(given: object) -> int:
    """A number from 0 to 10, or a text that is one; a fraction is rounded down: 8.9 is not yet a 9."""
    if isinstance(given, str) and WRITTEN.fullmatch(given.strip()):
        given = Decimal(given.strip().replace(",", "."))
    if isinstance(given, bool) or not isinstance(given, int | float | Decimal):
        raise NoScore("The score must be a number from 0 to 10.")
    if not 0 <= given <= HIGHEST:  # neither is it where it is no number at all
        raise NoScore("The score must be from 0 to 10.")
    return int(given)


def of_metafield(value: object) -> int:
    """The score in a metafield's value: an integer, a decimal, or a number in JSON, which Shopify keeps as text."""
    if isinstance(value, str) and value[:1] == '"':
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise NoScore("The score must be a number from 0 to 10.") from None
    return read(value)
