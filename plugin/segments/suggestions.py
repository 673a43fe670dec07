"""Thresholds that fit a store, worked out from its own numbers: shown beside the fields with the evidence, and never
applied by themselves.

* Slipping away: at risk from the day by which nine in ten reorders have come, or one and a half times the usual gap if
  that is later; lapsed at twice, lost at four times that, the proportions of the presets (90, 180, 365).
* Spend: the steps are what a half, a quarter, a tenth and three in a hundred of the buyers have spent at least.

Pure; plugin.standing.baselines keeps the numbers. Nothing is suggested on fewer than FEWEST_BUYERS buyers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from plugin.segments import amounts
from plugin.segments.amounts import MONEY, Money
from plugin.segments.as_of import DAY
from plugin.segments.baseline import FEWEST_BUYERS, Baseline, usable

NINE_IN_TEN = 90
# Of the buyers, in a hundred, who spent less than the step.
TIERS = {"bronze": 50, "silver": 75, "gold": 90, "platinum": 97}
SUPPORT = {"support-silver": 75, "support-gold": 95}
SINGLE = {"lifetime-spender": 90}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One number of one preset: where it stands in the definition, what it could be there, and why."""

    key: str
    path: str
    value: int | str
    evidence: str


def of(baseline: Baseline | None, minor_units: int, money: Money) -> tuple[list[Suggestion], str]:
    """What the store's numbers suggest, and in words what they rest on (or lack)."""
    if baseline is None:
        return [], "The customers have not been looked at yet."
    if not usable(baseline):
        return [], f"{baseline.buyers:,} customers have bought; suggestions begin at {FEWEST_BUYERS}."
    found = [*_ages(baseline), *_spend(baseline, minor_units, money)]
    return found, f"From the orders of {baseline.buyers:,} customers."


def _ages(baseline: Baseline) -> Iterator[Suggestion]:
    if baseline.median_gap_seconds is None or not baseline.gap_edges:
        return
    gaps = (baseline.median_gap_seconds, baseline.gap_edges[NINE_IN_TEN])
    usual, nine_in_ten = (max(1, -(-seconds // DAY)) for seconds in gaps)
    at_risk = max(nine_in_ten, -(-3 * usual // 2))
    lapsed, lost = 2 * at_risk, 4 * at_risk
    evidence = (
        f"Of the customers who order again, half usually do within {_days(usual)}"
        f" and nine in ten within {_days(nine_in_ten)}"
    )
    at_risk_because = f"{evidence}: who takes longer than {at_risk:,} days is later than most."
    yield Suggestion("active", "conditions.0.value", at_risk, at_risk_because)
    yield Suggestion("at-risk", "conditions.0.value.0", at_risk, at_risk_because)
    lapsed_because = f"{evidence}: {lapsed:,} days is twice the time at which they are late."
    yield Suggestion("at-risk", "conditions.0.value.1", lapsed, lapsed_because)
    yield Suggestion("lapsed", "conditions.0.value", lapsed, lapsed_because)
    yield Suggestion("lost", "conditions.0.value", lost, f"{evidence}: {lost:,} days is four times as long.")


def _spend(baseline: Baseline, minor_units: int, money: Money) -> Iterator[Suggestion]:
    for steps in (TIERS, SUPPORT, SINGLE):
        below = 0
        for key, percent in steps.items():
            edge = baseline.spend_edges[percent]
            step = _round(edge)
            if step <= below:
                continue  # where many spend the same, two steps would be one
            below = step
            evidence = f"{100 - percent} in 100 buyers have spent {money(edge)} or more of all time."
            yield Suggestion(key, "conditions.0.value", amounts.written(step, MONEY, minor_units), evidence)


def _days(count: int) -> str:
    return "a day" if count == 1 else f"{count:,} days"


def _round(minor: int) -> int:
    """To two digits, downwards: nobody remembers 487.23."""
    unit: int = 10 ** max(0, len(str(minor)) - 2)
    return minor // unit * unit
