"""What a condition wants to know of every customer: the key of the numbers that `evaluate` works out once."""

from typing import NamedTuple

from plugin.segments.windows import LIFETIME, Window


class Asked(NamedTuple):
    """`category` is a key of plugin.segments.category_keys. `whole`: whether the number is all there is to know."""

    measure: str
    window: Window
    category: str | None = None
    whole: bool = False

    @property
    def over_a_lifetime(self) -> bool:
        """About all orders there ever were."""
        return self.window == LIFETIME and self.category is None
