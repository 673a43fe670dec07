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
from plugin.segments.as_of import DAY
from plugin.segments.baseline import FEWEST_BUYERS, Baseline, usable
from plugin.segments.units import DAYS, MONEY
from plugin.segments.voice import Voice, forms, message

NINE_IN_TEN = 90
# Of the buyers, in a hundred, who spent less than the step.
TIERS = {"bronze": 50, "silver": 75, "gold": 90, "platinum": 97}
SUPPORT = {"support-silver": 75, "support-gold": 95}
SINGLE = {"lifetime-spender": 90}
TOO_FEW = forms(
    "One customer has bought; suggestions begin at {fewest}.",
    "{count} customers have bought; suggestions begin at {fewest}.",
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One number of one preset: where it stands in the definition, what it could be there, and why."""

    key: str
    path: str
    value: int | str
    evidence: str


def of(baseline: Baseline | None, minor_units: int, voice: Voice) -> tuple[list[Suggestion], str]:
    """What the store's numbers suggest, and in words what they rest on (or lack)."""
    if baseline is None:
        return [], voice.text("The customers have not been looked at yet.")
    if not usable(baseline):
        return [], voice.plural(*TOO_FEW, baseline.buyers, fewest=FEWEST_BUYERS)
    found = [*_ages(baseline, voice), *_spend(baseline, minor_units, voice)]
    return found, voice.text("From the orders of {count} customers.", count=baseline.buyers)


def _ages(baseline: Baseline, voice: Voice) -> Iterator[Suggestion]:
    if baseline.median_gap_seconds is None or not baseline.gap_edges:
        return
    gaps = (baseline.median_gap_seconds, baseline.gap_edges[NINE_IN_TEN])
    usual, nine_in_ten = (max(1, -(-seconds // DAY)) for seconds in gaps)
    at_risk = max(nine_in_ten, -(-3 * usual // 2))
    lapsed, lost = 2 * at_risk, 4 * at_risk
    known = {"usual": amounts.say(usual, DAYS, voice), "nine_in_ten": amounts.say(nine_in_ten, DAYS, voice)}
    at_risk_because = voice.text(
        "Of the customers who order again, half usually do within {usual} and nine in ten within {nine_in_ten}: "
        "who takes longer than {days} is later than most.",
        **known,
        days=amounts.say(at_risk, DAYS, voice),
    )
    yield Suggestion("active", "conditions.0.value", at_risk, at_risk_because)
    yield Suggestion("at-risk", "conditions.0.value.0", at_risk, at_risk_because)
    lapsed_because = voice.text(
        "Of the customers who order again, half usually do within {usual} and nine in ten within {nine_in_ten}: "
        "{days} is twice the time at which they are late.",
        **known,
        days=amounts.say(lapsed, DAYS, voice),
    )
    yield Suggestion("at-risk", "conditions.0.value.1", lapsed, lapsed_because)
    yield Suggestion("lapsed", "conditions.0.value", lapsed, lapsed_because)
    lost_because = voice.text(
        "Of the customers who order again, half usually do within {usual} and nine in ten within {nine_in_ten}: "
        "{days} is four times as long.",
        **known,
        days=amounts.say(lost, DAYS, voice),
    )
    yield Suggestion("lost", "conditions.0.value", lost, lost_because)


def _spend(baseline: Baseline, minor_units: int, voice: Voice) -> Iterator[Suggestion]:
    for steps in (TIERS, SUPPORT, SINGLE):
        below = 0
        for key, percent in steps.items():
            edge = baseline.spend_edges[percent]
            step = _round(edge)
            if step <= below:
                continue  # where many spend the same, two steps would be one
            below = step
            said = message("{count} in 100 buyers have spent {amount} or more of all time.")
            evidence = voice.text(said, count=100 - percent, amount=voice.money(edge))
            yield Suggestion(key, "conditions.0.value", amounts.written(step, MONEY, minor_units), evidence)


def _round(minor: int) -> int:
    """To two digits, downwards: nobody remembers 487.23."""
    unit: int = 10 ** max(0, len(str(minor)) - 2)
    return minor // unit * unit
