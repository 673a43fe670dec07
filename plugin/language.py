"""How a shop is spoken to: texts in the merchant's language; numbers, money, dates and hours as the merchant writes.

The message is the English text; translations stand in locale/<language>/LC_MESSAGES/regulars.po. A Language fits
segments.voice.Voice. Knows no request: admin_ui.language chooses one for each.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError, dates, numbers
from babel.messages import mofile, pofile

from plugin import money
from plugin.segments import choices

FOLDER = Path(__file__).parent / "locale"
# The first one is what we write in, and what everybody reads whose language we do not have.
LANGUAGES = ("en", "de")
USUAL_REGIONS = {"en": "US", "de": "DE"}
UNKNOWN_CURRENCY = "USD"
UNKNOWN_ZONE = "UTC"

_REGION = re.compile(r"[A-Z]{2}|[0-9]{3}", re.ASCII)
_LETTER_BEFORE_DIGIT = re.compile(r"(?<=[A-Za-z])(?=\d)")
_BLANK = re.compile(r"\{(\w+)\}")
Value = str | int


@dataclass(frozen=True, slots=True)
class Language:
    """A locale such as de-AT, the currency amounts are in, and the time zone instants are told in."""

    locale: str = "en-US"
    currency: str = UNKNOWN_CURRENCY
    timezone: str = UNKNOWN_ZONE

    @property
    def code(self) -> str:
        """The language alone: en, de."""
        return self.locale.partition("-")[0]

    @property
    def digits(self) -> int:
        """How many decimals the currency has."""
        return money.minor_units(self.currency)

    def text(self, message: str, /, **values: Value) -> str:
        """The message in this language; {name} is filled with values[name], whole numbers as people write them."""
        return self._filled(_translations(self.code).gettext(message), values)

    def plural(self, one: str, many: str, count: int, /, **values: Value) -> str:
        """The form for so many; {count} is filled with the number."""
        return self._filled(_translations(self.code).ngettext(one, many, count), {"count": count, **values})

    def number(self, number: float | Decimal) -> str:
        """1,234 or 1.234; decimals only if there are any."""
        return str(numbers.format_decimal(number, locale=_babel(self.locale)))

    def money(self, minor: int) -> str:
        """Whole minor units as an amount: $1,234.50 or 1.234,50 €."""
        amount = Decimal(minor).scaleb(-self.digits)
        written = numbers.format_currency(amount, self.currency, locale=_babel(self.locale))
        # Where a currency has no sign, its letters would run into the number.
        return _LETTER_BEFORE_DIGIT.sub("\xa0", written)

    def percent(self, share: float, decimals: int = 1) -> str:
        """A share of 1: 12.3% or 12,3 %."""
        locale = _babel(self.locale)
        whole, last_digit, sign = locale.percent_formats[None].pattern.rpartition("0")
        pattern = f"{whole}{last_digit}.{'0' * decimals}{sign}"
        return str(numbers.format_percent(share, pattern, locale=locale))

    def date(self, instant: datetime | date) -> str:
        """A day as people write it, that of an instant in the shop's zone: Mar 5, 2026."""
        day = instant.astimezone(_zone(self.timezone)).date() if isinstance(instant, datetime) else instant
        return str(dates.format_date(day, "medium", locale=_babel(self.locale)))

    def moment(self, instant: datetime) -> str:
        """Day and time of day in the shop's zone: Mar 5, 2026, 2:30 PM."""
        local = instant.astimezone(_zone(self.timezone))
        return f"{self.date(instant)}, {dates.format_time(local, 'short', locale=_babel(self.locale))}"

    def day_of_year(self, month: int, day: int) -> str:
        """A day that comes every year: December 24, 24. Dezember."""
        of_a_leap_year = datetime(2024, month, day)  # noqa: DTZ001 - a date of the calendar
        return str(dates.format_skeleton("MMMMd", of_a_leap_year, locale=_babel(self.locale)))

    def country(self, code: str) -> str:
        """A country's name by its two letters."""
        return str(_babel(self.locale).territories.get(code) or choices.countries().get(code, code))

    def _filled(self, text: str, values: dict[str, Value]) -> str:
        return _BLANK.sub(lambda blank: self._said(values[blank[1]]), text) if values else text

    def _said(self, value: Value) -> str:
        return self.number(value) if isinstance(value, int) else value


# What the log, the command line and tests read.
ENGLISH = Language()


def closest(asked: str) -> str:
    """The locale of ours that is nearest to one that was asked for, such as de-AT; its region's way to write is kept.

    Somebody in Quebec whose language we do not have reads English with Canadian dates, never English with French ones.
    """
    language, *rest = asked.strip().replace("_", "-").split("-")
    code = language.lower() if language.lower() in LANGUAGES else LANGUAGES[0]
    region = rest[-1].upper() if rest else ""
    locale = f"{code}-{region}"
    return locale if _REGION.fullmatch(region) and _is_known(locale) else f"{code}-{USUAL_REGIONS[code]}"


def catalogue(code: str) -> Path:
    """The file with the translations into a language."""
    return FOLDER / code / "LC_MESSAGES" / "regulars.po"


@cache
def _translations(code: str) -> NullTranslations:
    if code == LANGUAGES[0]:
        return NullTranslations()
    # Compiled at the first use: what is installed can be read and corrected by anybody.
    compiled = BytesIO()
    with catalogue(code).open("rb") as written:
        mofile.write_mo(compiled, pofile.read_po(written, locale=code))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _is_known(locale: str) -> bool:
    try:
        return bool(_babel(locale))
    except (UnknownLocaleError, ValueError):
        return False


@cache
def _babel(locale: str) -> Locale:
    return Locale.parse(locale, sep="-")


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(UNKNOWN_ZONE)
