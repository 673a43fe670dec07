"""What Shopify says of its cost bucket is believed within reason."""

import pytest

from plugin.shopify.throttle import Throttle

GOOD = {"currentlyAvailable": 1_000, "maximumAvailable": 2_000, "restoreRate": 100}


@pytest.mark.parametrize("odd", [None, [], "x", float("nan"), float("inf"), -(10**19), 10**400, {}])
@pytest.mark.parametrize("name", GOOD)
def test_figures_beyond_reason_leave_the_last_ones_standing(name, odd):
    bucket = Throttle()
    bucket.learn(GOOD)
    bucket.learn(GOOD | {name: odd})
    assert bucket.seconds_until(1_000) == 0
    assert 0 < bucket.seconds_until(1_500) <= 5
