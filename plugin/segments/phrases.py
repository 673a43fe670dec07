"""What each measure says in a sentence about a rule, and what was found of one customer for it.

Whole phrases, one for every kind of window, because languages order them differently: {amount} is "at least 3 orders",
{days} the length of the window, {date} a day of the year, {category} "products of type Coffee". To add one: a row in
PHRASES and in FINDINGS; plugin.segments.words and findings fill them. Measures of choice have theirs in choices.
"""

from typing import NamedTuple

from plugin.segments.voice import Forms, forms, message


class Phrase(NamedTuple):
    """What such customers did: ever, in the last {days} days, in the {days} days before {date}; and for a form, where
    {window} can be any of these.
    """

    ever: str
    recently: Forms | None = None
    before: Forms | None = None
    form: str = ""


def in_form(measure: str, *, of_category: bool) -> str:
    """The phrase with {window} where the reader's language has it; without one where a measure has no window."""
    said = (OF_CATEGORY if of_category else PHRASES)[measure]
    return said.form or said.ever


PHRASES = {
    "orders": Phrase(
        message("placed {amount}"),
        forms("placed {amount} in the last day", "placed {amount} in the last {days} days"),
        forms("placed {amount} in the day before {date}", "placed {amount} in the {days} days before {date}"),
        message("placed {amount} {window}"),
    ),
    "units": Phrase(
        message("bought {amount}"),
        forms("bought {amount} in the last day", "bought {amount} in the last {days} days"),
        forms("bought {amount} in the day before {date}", "bought {amount} in the {days} days before {date}"),
        message("bought {amount} {window}"),
    ),
    "spend": Phrase(
        message("spent {amount}"),
        forms("spent {amount} in the last day", "spent {amount} in the last {days} days"),
        forms("spent {amount} in the day before {date}", "spent {amount} in the {days} days before {date}"),
        message("spent {amount} {window}"),
    ),
    "days_since_last_order": Phrase(message("last ordered {amount}")),
    "days_since_first_order": Phrase(message("first ordered {amount}")),
    "average_order_value": Phrase(
        message("spent {amount} an order"),
        forms("spent {amount} an order in the last day", "spent {amount} an order in the last {days} days"),
        forms(
            "spent {amount} an order in the day before {date}",
            "spent {amount} an order in the {days} days before {date}",
        ),
        message("spent {amount} an order {window}"),
    ),
    "days_since_signup": Phrase(message("signed up {amount}")),
    "usual_gap": Phrase(message("usually wait {amount} between orders")),
    "overdue": Phrase(message("have not ordered for {amount} as long as they usually wait")),
    "spend_percentile": Phrase(message("are above {amount} of your buyers by spend")),
    "spend_against_average": Phrase(message("spent {amount} what your buyers spend on average")),
    "recency_score": Phrase(message("score {amount} for how recently they bought")),
    "frequency_score": Phrase(message("score {amount} for how often they buy")),
    "monetary_score": Phrase(message("score {amount} for how much they spend")),
    "score": Phrase(message("score {amount} in all")),
    "promoter_score": Phrase(
        message("answered with {amount} of 10"),
        forms("answered with {amount} of 10 in the last day", "answered with {amount} of 10 in the last {days} days"),
        forms(
            "answered with {amount} of 10 in the day before {date}",
            "answered with {amount} of 10 in the {days} days before {date}",
        ),
        message("answered with {amount} of 10 {window}"),
    ),
}

# The same about products of a category; about all orders the rows above have the words.
OF_CATEGORY = {
    "orders": Phrase(
        message("placed {amount} with {category}"),
        forms(
            "placed {amount} with {category} in the last day", "placed {amount} with {category} in the last {days} days"
        ),
        forms(
            "placed {amount} with {category} in the day before {date}",
            "placed {amount} with {category} in the {days} days before {date}",
        ),
        message("placed {amount} with {category} {window}"),
    ),
    "units": Phrase(
        message("bought {amount} of {category}"),
        forms("bought {amount} of {category} in the last day", "bought {amount} of {category} in the last {days} days"),
        forms(
            "bought {amount} of {category} in the day before {date}",
            "bought {amount} of {category} in the {days} days before {date}",
        ),
        message("bought {amount} of {category} {window}"),
    ),
    "spend": Phrase(
        message("spent {amount} on {category}"),
        forms("spent {amount} on {category} in the last day", "spent {amount} on {category} in the last {days} days"),
        forms(
            "spent {amount} on {category} in the day before {date}",
            "spent {amount} on {category} in the {days} days before {date}",
        ),
        message("spent {amount} on {category} {window}"),
    ),
    "average_order_value": Phrase(
        message("spent {amount} an order on {category}"),
        forms(
            "spent {amount} an order on {category} in the last day",
            "spent {amount} an order on {category} in the last {days} days",
        ),
        forms(
            "spent {amount} an order on {category} in the day before {date}",
            "spent {amount} an order on {category} in the {days} days before {date}",
        ),
        message("spent {amount} an order on {category} {window}"),
    ),
    "days_since_last_order": Phrase(message("last ordered {category} {amount}")),
    "days_since_first_order": Phrase(message("first ordered {category} {amount}")),
}
CATEGORIES = {
    "product_type": message("products of type {value}"),
    "vendor": message("products by {value}"),
    "product_tag": message("products tagged {value}"),
    "collection": message("products of collection {value}"),
    "product": message("product {value}"),
}

# Over a window, behind an amount: "4 orders since 3 March".
IN_ALL = message("{found} in all")
YET = message("{found} yet")
SINCE = message("{found} since {date}")
BEFORE = forms("{found} in the day before {date}", "{found} in the {days} days before {date}")
WITH_CATEGORY = message("{found} with {category}")

# What was found, where it is more than the amount.
FINDINGS = {
    "days_since_last_order": message("last order {amount}"),
    "days_since_first_order": message("first order {amount}"),
    "average_order_value": message("{amount} an order"),
    "days_since_signup": message("sign-up {amount}"),
    "usual_gap": message("usually {amount} between orders"),
    "overdue": message("{amount} their usual gap has passed"),
    "spend_percentile": message("above {amount} of your buyers"),
    "spend_against_average": message("{amount} the average"),
    "recency_score": message("{amount} for how recently they bought"),
    "frequency_score": message("{amount} for how often they buy"),
    "monetary_score": message("{amount} for how much they spend"),
    "score": message("{amount} in all"),
    "promoter_score": message("{amount} of 10"),
}
# Measures whose finding says over which time.
OVER_A_WINDOW = ("orders", "units", "spend", "average_order_value")

# Why a measure has no number, where it is not that the customer never ordered.
NO_ORDERS_YET = message("no orders yet")
UNKNOWN = {
    "average_order_value": message("no orders"),
    "days_since_signup": message("when they signed up is not known"),
    "usual_gap": message("fewer than 3 orders: no usual gap yet"),
    "overdue": message("nothing to compare the time since the last order with yet"),
    "spend_percentile": message("nothing to compare with yet: no orders, or too few buyers in the store"),
    "spend_against_average": message("nothing to compare with yet: no orders, or too few buyers in the store"),
    "promoter_score": message("no answer"),
}
