"""Our client of Shopify's GraphQL Admin API: one POST, read completely. What is asked stands in documents/*.graphql.

Keeps connections, reads `throttleStatus`, waits out THROTTLED and turns every other failure into one typed error.
"""

import time
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

import httpx
import structlog

from plugin import metrics
from plugin.shopify import errors, throttle

log = structlog.get_logger()

# What an answer's status means. Everything else that is not 200 is Shopify being unwell: worth another try.
REFUSALS: dict[int, type[errors.ShopifyError]] = {
    401: errors.TokenRejected,
    402: errors.ShopFrozen,
    403: errors.EgressRefused,
    404: errors.ShopGone,
    423: errors.ShopLocked,
}
# Shopify's own accidents come as 200 with one of these codes, and pass.
ACCIDENTS = {"INTERNAL_SERVER_ERROR", "TIMEOUT"}
RETRY_SECONDS = (0.5, 2.0)


@cache
def document(name: str) -> str:
    """The text of documents/<name>.graphql."""
    return resources.files("plugin.shopify").joinpath("documents", f"{name}.graphql").read_text()


class AdminClient:
    """Calls the Admin API of one shop with one access token. Not shared between threads.

    `renew` gets another token for one that Shopify refuses; without it a refusal is the end.
    """

    def __init__(
        self,
        http: httpx.Client,
        shop_domain: str,
        access_token: str,
        api_version: str,
        patience: float = 60,
        renew: Callable[[str], str] | None = None,
    ) -> None:
        self._http = http
        self._url = f"https://{shop_domain}/admin/api/{api_version}/graphql.json"
        self._token = access_token
        self._renew = renew
        self._is_dead = False
        self._shop_domain = shop_domain
        self._patience = patience
        self.throttle = throttle.of(shop_domain)

    def execute(
        self,
        text: str,
        variables: dict[str, Any] | None = None,
        *,
        cost: float = 10,
        leave: float = 0.0,
        again: bool = True,
    ) -> dict[str, Any]:
        """Run a GraphQL document and return its `data`.

        `cost` is the points it is expected to need, `leave` the share of the bucket that must be left to others.
        `again` allows a repeat after a failure that may have come after the work was done: right for everything that
        can be done twice without harm. Raises the ShopifyError tree.
        """
        body = {"query": text, "variables": variables or {}}
        deadline = time.monotonic() + self._patience
        failures = 0
        while True:
            self._wait(self.throttle.seconds_until(cost, leave), deadline)
            self.throttle.spend(cost)
            try:
                answer = self._post(body)
            except errors.ShopifyError as error:
                metrics.SHOPIFY_CALLS.labels(type(error).__name__).inc()
                if not isinstance(error, errors.ShopUnavailable) or not again or failures >= len(RETRY_SECONDS):
                    raise
                self._wait(RETRY_SECONDS[failures], deadline)
                failures += 1
                continue
            status = _object(_object(answer.get("extensions")).get("cost"))
            self.throttle.learn(status.get("throttleStatus"))
            self._count(answer, _points(status.get("actualQueryCost"), 0))
            if "THROTTLED" not in _codes(answer):
                return self._data(answer)
            # Never less than a second: Shopify's own figures are whole points, and a shop has other callers too.
            needed = _points(status.get("requestedQueryCost"), cost)
            self._wait(max(1.0, self.throttle.seconds_until(needed, leave)), deadline)

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        response = None if self._is_dead else self._send(body)
        if response is None or (response.status_code == 401 and self._renew is not None):
            # Dead before its time: revoked, or our clock is wrong. One other token is tried, never the same again.
            self._is_dead = True
            self._token, self._renew = self._other_token(), None
            self._is_dead = False
            response = self._send(body)
        if response.status_code != 200:
            kind = REFUSALS.get(response.status_code, errors.ShopUnavailable)
            raise kind(f"{self._shop_domain}: the Admin API answered {response.status_code}")
        try:
            answer = response.json()
        except (ValueError, RecursionError) as error:
            raise errors.ShopUnavailable(f"{self._shop_domain}: half an answer") from error
        if not isinstance(answer, dict):
            raise errors.ShopUnavailable(f"{self._shop_domain}: an answer of unknown shape")
        if accidents := ACCIDENTS & _codes(answer):
            raise errors.ShopUnavailable(f"{self._shop_domain}: {', '.join(sorted(accidents))}")
        return answer

    def _other_token(self) -> str:
        if self._renew is None:
            raise errors.TokenRejected(f"{self._shop_domain}: the Admin API answered 401")
        return self._renew(self._token)

    def _send(self, body: dict[str, Any]) -> httpx.Response:
        try:
            return self._http.post(self._url, json=body, headers={"X-Shopify-Access-Token": self._token})
        except httpx.HTTPError as error:
            raise errors.ShopUnavailable(f"{self._shop_domain}: {type(error).__name__}") from error

    def _count(self, answer: dict[str, Any], points: float) -> None:
        outcome = metrics.THROTTLED if "THROTTLED" in _codes(answer) else metrics.ANSWERED
        metrics.SHOPIFY_CALLS.labels(outcome).inc()
        metrics.SHOPIFY_POINTS.inc(points)
        if (left := self.throttle.share_left()) is not None:
            metrics.SHOPIFY_LEFT.observe(left)

    def _data(self, answer: dict[str, Any]) -> dict[str, Any]:
        problems = answer.get("errors")
        if "ACCESS_DENIED" in _codes(answer):
            raise errors.AccessDenied(f"{self._shop_domain}: {_in_words(problems)}")
        if problems:
            raise errors.QueryRefused(f"{self._shop_domain}: {_in_words(problems)}")
        data = answer.get("data")
        if not isinstance(data, dict):
            raise errors.ShopUnavailable(f"{self._shop_domain}: an answer without data")
        return data

    def _wait(self, seconds: float, deadline: float) -> None:
        if seconds <= 0:
            return
        if time.monotonic() + seconds > deadline:
            raise errors.Throttled(f"{self._shop_domain}: would have to wait {seconds:.0f} s more")
        metrics.SHOPIFY_WAITED.inc(seconds)
        time.sleep(seconds)


def _codes(answer: dict[str, Any]) -> set[str]:
    problems = answer.get("errors")
    if not isinstance(problems, list):
        return set()
    return {str(_object(problem.get("extensions")).get("code")) for problem in problems if isinstance(problem, dict)}


def _object(value: Any) -> dict[str, Any]:
    """What stands beside the data is of any shape when Shopify is unwell: what is no object holds nothing."""
    return value if isinstance(value, dict) else {}


def _in_words(problems: Any) -> str:
    if not isinstance(problems, list):
        return str(problems)[:500]
    return "; ".join(str(p.get("message") if isinstance(p, dict) else p) for p in problems)[:500]


def _points(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and 0 < value < throttle.MOST_POINTS else otherwise
