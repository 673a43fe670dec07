"""What conditions say about each other before anybody is looked at: that they exclude one another, that one implies the
other. plugin.segments.clashes asks. Pure.
"""

from collections.abc import Sequence

from plugin.segments.operators import IS, OPERATORS, Interval
from plugin.segments.rules import Condition

# A longer stretch of time, and all products together, hold at least as much of these.
GROWING = ("orders", "units", "spend")


def of_numbers(condition: Condition) -> bool:
    """Whether it compares numbers, and not words."""
    return not OPERATORS[condition.comparison].of_choices


def of(condition: Condition) -> Interval:
    """The numbers it lets in."""
    return OPERATORS[condition.comparison].interval(condition.value)


def exclude(one: Condition, other: Condition) -> bool:
    """Whether no customer can meet both."""
    if one.asked == other.asked:
        return not _overlap(one, other)
    for part, whole in ((one, other), (other, one)):
        if _is_part(part, whole):
            high = of(whole)[1]
            return high is not None and of(part)[0] >= high
    return False


def narrower(one: Condition, other: Condition) -> bool:
    """Whether one of two conditions on the same number lets in fewer numbers at some end."""
    if not of_numbers(one) or not of_numbers(other):
        return False
    (low, high), (other_low, other_high) = of(one), of(other)
    return low > other_low or (high is not None and (other_high is None or high < other_high))


def imply(some: Sequence[Condition], others: Sequence[Condition]) -> bool:
    """Whether whoever meets all of some conditions is sure to meet the others too."""
    return all(any(_implies(one, other) for one in some) for other in others)


def _implies(one: Condition, other: Condition) -> bool:
    if one.asked == other.asked:
        return _is_within(one, other)
    if _is_part(one, other):  # at least so much of a part is at least so much of the whole
        return of(other)[1] is None and of(one)[0] >= of(other)[0]
    return False


def _is_within(one: Condition, other: Condition) -> bool:
    if of_numbers(one) != of_numbers(other):
        return False
    if of_numbers(one):
        return not narrower(other, one)
    allowed, asked = _words(one), _words(other)
    if one.comparison == other.comparison:
        return allowed <= asked if one.comparison == IS else allowed >= asked
    return one.comparison == IS and not allowed & asked


def _overlap(one: Condition, other: Condition) -> bool:
    if of_numbers(one) and of_numbers(other):
        (low, high), (other_low, other_high) = of(one), of(other)
        return (high is None or other_low < high) and (other_high is None or low < other_high)
    words, other_words = _words(one), _words(other)
    if one.comparison == other.comparison:
        return one.comparison != IS or bool(words & other_words)
    wanted, refused = (words, other_words) if one.comparison == IS else (other_words, words)
    return bool(wanted - refused)


def _is_part(part: Condition, whole: Condition) -> bool:
    """Whether the number of the one can never be more than that of the other: fewer days, or one category of all."""
    if part.measure != whole.measure or part.measure not in GROWING or whole.category not in (None, part.category):
        return False
    if whole.window.days is None:
        return True
    both_back = part.window.before is None and whole.window.before is None
    same = part.window == whole.window
    return same or (both_back and part.window.days is not None and part.window.days <= whole.window.days)


def _words(condition: Condition) -> set[str]:
    value = condition.value if isinstance(condition.value, tuple) else ()
    return {str(word).casefold() for word in value}
