"""Texts, numbers, money and dates as a merchant writes them."""

from datetime import UTC, date, datetime

import pytest

from plugin import language
from plugin.language import Language

EVENING = datetime(2026, 3, 5, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "locale"),
    [
        ("en", "en-US"),
        ("en-GB", "en-GB"),
        ("de", "de-DE"),
        ("de-AT", "de-AT"),
        ("de_CH", "de-CH"),
        ("DE-at", "de-AT"),
        ("fr-CA", "en-CA"),
        ("fr", "en-US"),
        ("zh-Hant-HK", "en-HK"),
        ("de-XX", "de-DE"),
        ("", "en-US"),
        ("../../etc/passwd", "en-US"),
        ("x" * 5000, "en-US"),
    ],
)
def test_a_merchant_reads_the_closest_language_and_writes_as_in_their_region(asked, locale):
    assert language.closest(asked) == locale


@pytest.mark.parametrize(
    ("locale", "currency", "minor", "written"),
    [
        ("en-US", "USD", 123450, "$1,234.50"),
        ("en-US", "JPY", 123450, "¥123,450"),
        ("en-US", "KWD", 123450, "KWD 123.450"),
        ("en-GB", "EUR", 123450, "€1,234.50"),
        ("en-GB", "USD", -5, "-US$0.05"),
        ("de-DE", "EUR", 123450, "1.234,50 €"),
        ("de-DE", "JPY", 123450, "123.450 ¥"),
        ("de-DE", "KWD", 123450, "123,450 KWD"),
        ("de-AT", "EUR", 123450, "€ 1.234,50"),
        ("fr-CA", "USD", 123450, "1 234,50 $ US"),
    ],
)
def test_money_is_written_with_the_decimals_of_the_currency(locale, currency, minor, written):
    assert plain(Language(locale, currency).money(minor)) == written


@pytest.mark.parametrize(
    ("locale", "day", "moment", "number", "share"),
    [
        ("en-US", "Mar 5, 2026", "Mar 5, 2026, 10:30 PM", "1,234,567", "12.3%"),
        ("en-GB", "5 Mar 2026", "5 Mar 2026, 22:30", "1,234,567", "12.3%"),
        ("de-DE", "05.03.2026", "05.03.2026, 22:30", "1.234.567", "12,3 %"),
        ("fr-CA", "5 mars 2026", "5 mars 2026, 22 h 30", "1 234 567", "12,3 %"),
    ],
)
def test_dates_numbers_and_shares_are_written_as_in_the_region(locale, day, moment, number, share):
    speaker = Language(locale)
    assert plain(speaker.date(EVENING)) == day
    assert plain(speaker.moment(EVENING)) == moment
    assert plain(speaker.number(1234567)) == number
    assert plain(speaker.percent(0.1234)) == share


@pytest.mark.parametrize(
    ("zone", "day", "moment"),
    [
        ("UTC", "5 Mar 2026", "5 Mar 2026, 22:30"),
        ("Asia/Tokyo", "6 Mar 2026", "6 Mar 2026, 07:30"),
        ("America/New_York", "5 Mar 2026", "5 Mar 2026, 17:30"),
        ("Mars/Olympus", "5 Mar 2026", "5 Mar 2026, 22:30"),
    ],
)
def test_an_instant_is_told_in_the_zone_of_the_shop(zone, day, moment):
    speaker = Language("en-GB", timezone=zone)
    assert (speaker.date(EVENING), speaker.moment(EVENING)) == (day, moment)


def test_a_day_is_the_same_day_in_every_zone():
    assert Language("en-GB", timezone="Asia/Tokyo").date(date(2026, 3, 5)) == "5 Mar 2026"


def test_a_share_has_as_many_decimals_as_asked_for():
    assert [Language("en-US").percent(0.1234, decimals) for decimals in (0, 1, 2)] == ["12%", "12.3%", "12.34%"]


def test_numbers_in_a_text_are_written_as_people_write_them_and_words_as_they_are():
    assert Language("de-DE").text("{name}: {count}", name="1000", count=1000) == "1000: 1.000"


def test_one_is_another_form_than_many():
    said = [Language("en-US").plural("One customer", "{count} customers", count) for count in (0, 1, 2, 1000)]
    assert said == ["0 customers", "One customer", "2 customers", "1,000 customers"]


def plain(text):
    """Spaces that do not break are spaces."""
    return text.replace("\u202f", " ").replace("\xa0", " ")
