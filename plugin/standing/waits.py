"""Why a segment cannot be judged yet, and so holds nobody: reasons and their words. plugin.standing.segment_store finds
them, the page and the commands say them.
"""

from dataclasses import dataclass

from plugin.segments import depth
from plugin.segments.baseline import FEWEST_BUYERS
from plugin.segments.voice import Said
from plugin.standing import categories, mirrors

HISTORY = "history"

FEW_BUYERS = "few_buyers"

WORDS = {
    FEW_BUYERS: Said(
        "begins when {fewest} customers have bought: it compares them with each other", fewest=FEWEST_BUYERS
    ),
    categories.NO_SCOPE: Said("needs the permission to read products"),
    categories.READING_LINES: Said("begins when your orders have been read with their products"),
    mirrors.FETCHING: Said("begins when the members of your Shopify segment have been fetched"),
    mirrors.NOT_THERE: Said("needs a Shopify segment that cannot be read"),
    mirrors.GROUPS: Said("begins when Shopify's own groups of your customers have been read"),
    categories.LOOKING_UP: Said("begins when the products of your orders have been looked up"),
}


@dataclass(frozen=True, slots=True)
class Wait:
    """`reason`: HISTORY, or a key of WORDS. `days`: how many of history are lacking (depth.ALL_OF_IT: all of it)."""

    reason: str
    days: int = 0

    @property
    def words(self) -> Said:
        """What comes behind the segment's name."""
        if self.reason != HISTORY:
            return WORDS[self.reason]
        if self.days == depth.ALL_OF_IT:
            return Said("needs every order a customer ever placed")
        return Said.plural("can be judged tomorrow", "can be judged in {count} days", max(1, self.days))
