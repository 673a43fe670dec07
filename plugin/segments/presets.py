"""The segments a shop starts with: presets of the catalogue. Merchants edit copies of them."""

from plugin.segments import catalogue

KEYS = ("first-time", "repeat", "frequent", "high-spender", "at-risk", "lapsed")
DEFAULTS = catalogue.definitions(KEYS)
# What an installation saves: whoever installed the app switches them on.
AT_FIRST = [{**definition, "on": False} for definition in DEFAULTS]
