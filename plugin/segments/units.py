"""The kinds of numbers rules compare, each with the words for so many of it. segments.amounts reads and says them.

To add one: a row here; its words are whole, so that every language can put them in its own order.
"""

from dataclasses import dataclass, replace

from plugin.segments.voice import Forms, Said, forms

LONGEST_DAYS = 36_500
LARGEST = 10**15


@dataclass(frozen=True, slots=True)
class Unit:
    """A kind of number, with the words for so many of it: {count} is the number, or the last one of two."""

    many: str
    plain: Forms
    at_least: Forms
    below: Forms
    up_to: Forms
    """From {low} to {count}, both included."""
    within: Forms
    """From {low} up to but not including {count}."""
    exactly: Forms
    none: str
    no_fewer: str = ""
    """Fewer than one, where that is none."""
    label: str = ""
    """What stands behind the number in a form; `many` if nothing else does."""
    fewer: str = "fewer"
    largest: int = LARGEST
    decimals: int = 0
    """How many its numbers have; money has those of the currency."""
    in_days: bool = False


ORDERS = Unit(
    Said("orders"),
    forms("{count} order", "{count} orders"),
    forms("at least {count} order", "at least {count} orders"),
    forms("fewer than {count} order", "fewer than {count} orders"),
    forms("{low} to {count} order", "{low} to {count} orders"),
    forms("at least {low} but fewer than {count} order", "at least {low} but fewer than {count} orders"),
    forms("exactly {count} order", "exactly {count} orders"),
    Said("no orders"),
    Said("no orders"),
)
ITEMS = Unit(
    Said("items"),
    forms("{count} item", "{count} items"),
    forms("at least {count} item", "at least {count} items"),
    forms("fewer than {count} item", "fewer than {count} items"),
    forms("{low} to {count} item", "{low} to {count} items"),
    forms("at least {low} but fewer than {count} item", "at least {low} but fewer than {count} items"),
    forms("exactly {count} item", "exactly {count} items"),
    Said("no items"),
    Said("no items"),
)
POINTS = Unit(
    Said("points"),
    forms("{count} point", "{count} points"),
    forms("at least {count} point", "at least {count} points"),
    forms("fewer than {count} point", "fewer than {count} points"),
    forms("{low} to {count} point", "{low} to {count} points"),
    forms("at least {low} but fewer than {count} point", "at least {low} but fewer than {count} points"),
    forms("exactly {count} point", "exactly {count} points"),
    Said("no points"),
    Said("no points"),
    largest=11,
)
DAYS = Unit(
    Said("days"),
    forms("{count} day", "{count} days"),
    forms("at least {count} day", "at least {count} days"),
    forms("less than {count} day", "less than {count} days"),
    forms("{low} to {count} day", "{low} to {count} days"),
    forms("at least {low} but less than {count} day", "at least {low} but less than {count} days"),
    forms("exactly {count} day", "exactly {count} days"),
    Said("less than a day"),
    fewer="less",
    largest=LONGEST_DAYS,
    in_days=True,
)
# Apart from plain days, because most languages bend the words behind "ago", or put it in front.
DAYS_AGO = replace(
    DAYS,
    plain=forms("{count} day ago", "{count} days ago"),
    at_least=forms("at least {count} day ago", "at least {count} days ago"),
    below=forms("less than {count} day ago", "less than {count} days ago"),
    up_to=forms("{low} to {count} day ago", "{low} to {count} days ago"),
    within=forms("at least {low} but less than {count} day ago", "at least {low} but less than {count} days ago"),
    exactly=forms("exactly {count} day ago", "exactly {count} days ago"),
    none=Said("less than a day ago"),
    label=Said("days ago"),
)
TIMES = Unit(
    Said("times"),
    forms("{count} times", "{count} times"),
    forms("at least {count} times", "at least {count} times"),
    forms("less than {count} times", "less than {count} times"),
    forms("{low} to {count} times", "{low} to {count} times"),
    forms("at least {low} but less than {count} times", "at least {low} but less than {count} times"),
    forms("exactly {count} times", "exactly {count} times"),
    Said("no times"),
    fewer="less",
    decimals=2,
)
PERCENT = Unit(
    Said("percent"),
    forms("{count} percent", "{count} percent"),
    forms("at least {count} percent", "at least {count} percent"),
    forms("less than {count} percent", "less than {count} percent"),
    forms("{low} to {count} percent", "{low} to {count} percent"),
    forms("at least {low} but less than {count} percent", "at least {low} but less than {count} percent"),
    forms("exactly {count} percent", "exactly {count} percent"),
    Said("no percent"),
    fewer="less",
    largest=100,
)
MONEY = Unit(
    "",
    forms("{count}", "{count}"),
    forms("at least {count}", "at least {count}"),
    forms("less than {count}", "less than {count}"),
    forms("{low} to {count}", "{low} to {count}"),
    forms("at least {low} but less than {count}", "at least {low} but less than {count}"),
    forms("exactly {count}", "exactly {count}"),
    "",
    fewer="less",
)
WORDS = replace(MONEY, many=Said("words"), fewer="other")
"""Of measures whose numbers stand for words."""
