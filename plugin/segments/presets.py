"""The segments a shop starts with: presets of the catalogue. Merchants edit copies of them."""

from plugin.segments import catalogue

KEYS = ("first-time", "repeat", "frequent", "high-spender", "at-risk", "lapsed")
DEFAULTS = catalogue.definitions(KEYS)
