"""Where an order went, as far as it is kept: two codes, never an address. Webhooks and lists are read with this."""

from typing import Any

from marshmallow import EXCLUDE, Schema, fields

from plugin.segments import choices

Place = tuple[str | None, str | None]
NOWHERE: Place = (None, None)


class Address(Schema):
    """The two codes of an address in a webhook; null, or left out, where the app may not know it."""

    class Meta:
        unknown = EXCLUDE

    country_code = fields.String(allow_none=True, load_default=None)
    province_code = fields.String(allow_none=True, load_default=None)


def of_addresses(*addresses: dict[str, Any] | None) -> Place:
    """Where the first address is that says so: nothing was shipped where there is a billing address only."""
    told = (of_codes(each["country_code"], each["province_code"]) for each in addresses if each)
    return next((place for place in told if place != NOWHERE), NOWHERE)


def of_codes(country: Any, province: Any) -> Place:
    """The codes as they are stored: "CA", and "CA-ON" because "WA" alone is in two countries.

    What is no code is as good as nothing: an order must not be refused for it.
    """
    if not isinstance(country, str) or len(country) != 2 or not (country.isascii() and country.isalpha()):
        return NOWHERE
    country = country.upper()
    named = f"{country}-{province.upper()}" if isinstance(province, str) and province else ""
    return country, named if choices.PROVINCE.fullmatch(named) else None
