"""Faults on request: how each shows to the app, and that the store goes on as before afterwards."""

import time

import httpx
import pytest

from tests.integration.dev_store.conftest import Installed, exchange

TAG = 'mutation { tagsAdd(id: "gid://shopify/Customer/%d", tags: ["vip"]) { userErrors { message } } }'


@pytest.mark.parametrize("status", [402, 403, 404, 423, 429, 500, 502, 503])
def test_the_next_calls_fail_as_told_and_later_ones_do_not(shop: Installed, status: int) -> None:
    shop.dev.fault(str(status), remaining=2, shop=shop.handle)
    assert [shop.post("{shop{name}}").status_code for _ in range(3)] == [status, status, 200]


def test_a_429_says_when_to_come_back(shop: Installed) -> None:
    shop.dev.fault("429", remaining=1, retry_after=2.5)
    assert shop.post("{shop{name}}").headers["Retry-After"] == "2.5"


def test_a_throttled_answer_on_request_looks_like_a_real_one(shop: Installed) -> None:
    shop.dev.fault("throttled", remaining=1)
    answer = shop.ask("{shop{name}}")
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert answer["extensions"]["cost"]["actualQueryCost"] is None


@pytest.mark.parametrize(("after", "tagged"), [(False, {}), (True, {"vip"})])
def test_a_cut_connection_loses_the_answer_before_or_after_the_work(shop: Installed, after: bool, tagged: set) -> None:
    customer = shop.customer()
    shop.dev.fault("cut", remaining=1, after=after)
    with pytest.raises(httpx.TransportError):
        shop.ask(TAG % customer)
    assert set(shop.dev.tags(shop.handle)) == set(tagged)
    assert "data" in shop.ask("{shop{name}}")


def test_the_store_counts_the_calls_that_met_a_fault(shop: Installed) -> None:
    before = shop.dev.stats()["faults"].get("503", 0)
    shop.dev.fault("503", remaining=2)
    for _ in range(3):
        shop.post("{shop{name}}")
    assert shop.dev.stats()["faults"]["503"] == before + 2


def test_a_call_that_times_out_takes_its_time(shop: Installed) -> None:
    shop.dev.fault("timeout", remaining=1, seconds=0.3)
    began = time.monotonic()
    assert shop.post("{shop{name}}").status_code == 504
    assert time.monotonic() - began >= 0.3


def test_the_token_endpoint_can_fail_too(shop: Installed) -> None:
    shop.dev.fault("503", target="oauth", remaining=1)
    answers = [exchange(shop.store, shop.http, shop.handle).status_code for _ in range(2)]
    assert answers == [503, 200]


def test_a_rate_with_a_seed_fails_the_same_calls_again(shop: Installed) -> None:
    runs = []
    for _ in range(2):
        shop.dev.fault("500", rate=0.5, seed=3)
        runs.append([shop.post("{shop{name}}").status_code for _ in range(12)])
        shop.dev.clear_faults()
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}
