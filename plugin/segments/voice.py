"""Who says a rule: anything that fills texts and writes numbers, money and dates as its reader does.

The core asks for a Voice wherever it makes sentences, and knows none itself; plugin.language has the real ones. What
is said later, or in the log, is a Said: English at once, any language when somebody reads it.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

# Any number that is many.
MANY = 2

_BLANK = re.compile(r"\{(\w+)\}")


class Voice(Protocol):
    def text(self, message: str, /, **values: Any) -> str:
        """The message in the reader's language, {name} filled with values[name]."""

    def plural(self, one: str, many: str, count: int, /, **values: Any) -> str:
        """The form for so many, {count} filled with the number."""

    def number(self, number: float | Decimal) -> str: ...

    def money(self, minor: int) -> str:
        """An amount of minor units in the shop's currency."""

    def date(self, instant: datetime) -> str: ...

    def moment(self, instant: datetime) -> str: ...

    def day_of_year(self, month: int, day: int) -> str:
        """24 December."""

    def country(self, code: str) -> str: ...


class Forms(NamedTuple):
    """A message for one and for many; {count} is the number."""

    one: str
    many: str


def forms(one: str, many: str) -> Forms:
    """Two messages that belong together; their translations are collected by this name."""
    return Forms(one, many)


def message(text: str) -> str:
    """A text that is said later and filled then; its translation is collected by this name."""
    return text


class Said(str):
    """A sentence in English that knows how to be said in other languages: its message and what fills it.

    Whole numbers among the values are written with thousands apart, other Saids are translated with it.
    """

    __slots__ = ("forms", "message", "values")
    message: str
    values: dict[str, Any]
    forms: Forms | None

    def __new__(cls, message: str, /, **values: Any) -> "Said":
        text = _BLANK.sub(lambda blank: _english(values[blank[1]]), message) if values else message
        made = super().__new__(cls, text)
        made.message, made.values, made.forms = message, values, None
        return made

    @classmethod
    def plural(cls, one: str, many: str, count: int, /, **values: Any) -> "Said":
        """The form for so many; {count} is filled with the number."""
        made = cls(one if count == 1 else many, **{"count": count, **values})
        made.forms = Forms(one, many)
        return made

    def by(self, voice: Voice) -> str:
        """The same in the words of a voice."""
        values = {name: by(voice, value) for name, value in self.values.items()}
        if self.forms is None:
            return voice.text(self.message, **values)
        return voice.plural(*self.forms, 1 if self.message == self.forms.one else MANY, **values)


def by(voice: Voice, text: Any) -> Any:
    """What a voice makes of it: a Said is translated, anything else is left as it is."""
    return text.by(voice) if isinstance(text, Said) else text


def _english(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
