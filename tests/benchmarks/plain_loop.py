"""The same six default segments as anybody would first write them: a loop over order rows, customer by customer.

What the engine is measured against, and checked against: both must give the same answers.
"""

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

DAY = 86_400
NEVER = 2**63 - 1
FREQUENT_ORDERS, FREQUENT_DAYS = 3, 90
HIGH_SPEND, HIGH_SPEND_DAYS = 50_000, 365
AT_RISK_DAYS, LAPSED_DAYS = 90, 180
FIRST_TIME, REPEAT, FREQUENT, HIGH_SPENDER, AT_RISK, LAPSED = (1 << bit for bit in range(6))


def evaluate(rows: Iterable[tuple[int, int, int]], now: int) -> tuple[list[int], list[int], list[int]]:
    """Customer ids, memberships and next reviews in microseconds, of orders (customer, second, spend) in that order."""
    customer_ids, memberships, next_reviews = list[int](), list[int](), list[int]()
    for customer_id, orders in groupby(rows, key=itemgetter(0)):
        mask, review_at = judge(list(orders), now)
        customer_ids.append(customer_id)
        memberships.append(mask)
        next_reviews.append(NEVER if review_at is None else review_at * 1_000_000)
    return customer_ids, memberships, next_reviews


def judge(orders: list[tuple[int, int, int]], now: int) -> tuple[int, int | None]:
    """The memberships of a customer with these orders, and the second in which the first threshold will be passed."""
    reviews = []
    mask = FIRST_TIME if len(orders) == 1 else REPEAT

    if len(orders) >= FREQUENT_ORDERS:
        leaves_at = orders[-FREQUENT_ORDERS][1] + FREQUENT_DAYS * DAY
        if leaves_at > now:
            mask |= FREQUENT
            reviews.append(leaves_at)

    spent = 0
    for _, processed_at, spend in reversed(orders):
        if now - processed_at >= HIGH_SPEND_DAYS * DAY:
            break
        spent += spend
        if spent >= HIGH_SPEND:
            mask |= HIGH_SPENDER
            reviews.append(processed_at + HIGH_SPEND_DAYS * DAY)
            break

    last = orders[-1][1]
    if now >= last + LAPSED_DAYS * DAY:
        mask |= LAPSED
    elif now >= last + AT_RISK_DAYS * DAY:
        mask |= AT_RISK
        reviews.append(last + LAPSED_DAYS * DAY)
    else:
        reviews.append(last + AT_RISK_DAYS * DAY)

    return mask, min(reviews, default=None)
