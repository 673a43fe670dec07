"""Why a segment cannot be judged yet, and so holds nobody: reasons and their words. plugin.standing.segment_store finds
them, the page and the commands say them.
"""

from dataclasses import dataclass

from plugin.segments import depth
from plugin.segments.baseline import FEWEST_BUYERS
from plugin.standing import categories, mirrors

HISTORY = "history"

FEW_BUYERS = "few_buyers"

WORDS = {
    FEW_BUYERS: f"begins when {FEWEST_BUYERS} customers have bought: it compares them with each other",
    categories.NO_SCOPE: "needs the permission to read products",
    categories.READING_LINES: "begins when your orders have been read with their products",
    mirrors.FETCHING: "begins when the members of your Shopify segment have been fetched",
    mirrors.NOT_THERE: "needs a Shopify segment that cannot be read",
    mirrors.GROUPS: "begins when Shopify's own groups of your customers have been read",
    categories.LOOKING_UP: "begins when the products of your orders have been looked up",
}


@dataclass(frozen=True, slots=True)
class Wait:
    """`reason`: HISTORY, or a key of WORDS. `days`: how many of history are lacking (depth.ALL_OF_IT: all of it)."""

    reason: str
    days: int = 0

    @property
    def words(self) -> str:
        """What comes behind the segment's name."""
        if self.reason != HISTORY:
            return WORDS[self.reason]
        if self.days == depth.ALL_OF_IT:
            return "needs every order a customer ever placed"
        return "can be judged tomorrow" if self.days <= 1 else f"can be judged in {self.days:,} days"
