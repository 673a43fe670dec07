"""A whole installation through good days and bad ones, and then its logs: no secret, nobody's data, every failure."""

import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from dev_store.client import DevStoreClient
from plugin import clock, queues, work_left
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.local.stack import Stack
from tests.e2e import admin
from tests.support import looking
from tests.support import shop as shops
from workers import schedule, sweep

SHOP = "demo"
FIGURES = "figures.txt"
# Made up, and planted wherever a payload has room for it.
PLANTED = ("Wilhelmina", "Quackenbush", "w.quack@planted.test", "+15557654321", "17 Planted Lane", "203.0.113.77")
PERSON = dict(zip(("first_name", "last_name", "email", "phone", "address1", "browser_ip"), PLANTED, strict=True))
SECRETS = {
    "access token": r"shpat_\w+",
    "refresh token": r"shprt_\w+",
    "ID token": r"eyJ[\w-]{8,}\.[\w-]+",
    "authorization code": r"[?&]code=\w+",
    "signature": r"[?&]hmac=\w+",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with pytest.MonkeyPatch.context() as patch, Stack(tmp_path_factory.mktemp("logged"), clock_file=True) as stack:
        stack.environment |= {"LOG_LEVEL": "DEBUG", "LEASE_SECONDS": "1"}
        for start in (stack.start_redis, stack.start_dev_store, stack.start_web, stack.start_workers):
            start()
        stack.start_scheduler()
        looking.into(stack, patch, LOG_LEVEL="ERROR")
        yield stack


@pytest.fixture(scope="module")
def logs(stack: Stack) -> dict[str, str]:
    """What every process wrote in the course of all this."""
    with DevStoreClient(stack.dev_store_url) as store, httpx.Client(base_url=stack.app_url, timeout=30) as web:
        store.create_shop(SHOP, plan="plus")
        for happens in (
            install,
            tell_of_people,
            let_calls_fail,
            lose_tokens,
            break_the_database,
            ask_for_privacy,
            ask_for_figures,
            crash,
        ):
            happens(stack, store, web)
            settle(store)
    stack.stop()
    files = [path for path in stack.directory.rglob("*.log") if path.stem != "dev-store"]
    return {path.name: path.read_text(errors="replace") for path in files}


def settle(store: DevStoreClient) -> None:
    store.wait_for_deliveries(20)
    for key in queues.connection().keys("wake:*"):
        queues.connection().delete(key)
    sweep.sweep()
    wait_until(lambda: not left(), 2)


def left() -> list[str]:
    with db.read() as session:
        return work_left.of(session, 1, clock.now())


def wait_until(reached: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.1)


def open_app(store: DevStoreClient, web: httpx.Client) -> int:
    return web.get("/app", params={"id_token": store.id_token(SHOP), "shop": f"{SHOP}.myshopify.com"}).status_code


def order(number: int, **fields: Any) -> dict[str, Any]:
    person = PERSON | {"id": 900 + number, "default_address": PERSON}
    made = shops.order(number, **fields)
    return made | {"customer": person, "billing_address": PERSON, "email": PERSON["email"], "note": " ".join(PLANTED)}


def install(stack: Stack, store: DevStoreClient, web: httpx.Client) -> None:
    """By authorization code, with a code nobody gave, and as usual."""
    for _ in range(3):
        store.place_order(SHOP, [{"price": "100.00"}])
    link = urlsplit(store.install_link(SHOP))
    web.get(f"/auth?{link.query}")
    web.get("/auth/callback", params={"code": "0123456789abcdef", "shop": f"{SHOP}.myshopify.com", "hmac": "00"})
    assert open_app(store, web) == 200
    wait_until(lambda: admin.switch_on(stack.app_url, store, SHOP), 60)
    wait_until(lambda: not left(), 30)


def tell_of_people(stack: Stack, store: DevStoreClient, web: httpx.Client) -> None:
    """In payloads that fit and payloads that do not, with and without a signature."""
    name, email, lane = PLANTED[0], PLANTED[2], PLANTED[4]
    gid = {f"admin_graphql_api_customer_{which}_id": f"gid://shopify/Customer/{email}" for which in ("kept", "deleted")}
    money = {"shop_money": {"amount": lane, "currency_code": name}}
    for topic, payload in (
        ("orders/create", order(1)),
        ("orders/create", order(2, current_total_price_set=money)),
        ("orders/create", order(3, processed_at=email, financial_status=lane, test=name)),
        ("orders/updated", order(4) | {"id": email, "customer": {"id": lane}}),
        ("orders/updated", order(5, line_items=[{"current_quantity": name, "title": lane}])),
        ("refunds/create", {"order_id": email, "created_at": name, "note": lane}),
        ("customers/create", PERSON | {"id": lane, "created_at": email}),
        ("customers/update", {"customer": PERSON}),
        ("customers/merge", gid | {"status": email, "customer_kept_email": email}),
        ("app/scopes_update", {"shop_id": email, "current": [name, lane], "updated_at": lane}),
        ("shop/update", {"id": 1, "currency": name, "iana_timezone": lane, "email": email, "shop_owner": name}),
        ("customers/data_request", {"shop_domain": email, "customer": PERSON | {"id": 7}}),
        ("customers/redact", {"shop_domain": lane, "customer": PERSON | {"id": email}, "orders_to_redact": [name]}),
        ("orders/create", [name, email]),
    ):
        shops.post(Door(web), topic, payload)
        web.post("/webhooks", json=payload, headers={"X-Shopify-Topic": lane.replace(" ", "-")})


class Door:
    """The app's own door, over HTTP."""

    def __init__(self, web: httpx.Client) -> None:
        self._web = web

    def post(self, path: str, data: bytes, headers: dict[str, str]) -> httpx.Response:
        return self._web.post(path, content=data, headers=headers)


def let_calls_fail(stack: Stack, store: DevStoreClient, web: httpx.Client) -> None:
    for kind in ("402", "403", "500", "cut", "throttled"):
        store.place_order(SHOP, [{"price": "100.00"}])
        store.fault(kind, shop=SHOP, remaining=3, seconds=0.1)
        store.wait_for_deliveries(20)
        wait_until(lambda: not left(), 1)
        store.clear_faults()
        open_app(store, web)


def lose_tokens(stack: Stack, store: DevStoreClient, web: httpx.Client) -> None:
    store.expire_tokens(SHOP)
    store.fault("503", target="oauth", shop=SHOP, remaining=1)
    settle_with_order(store)
    store.clear_faults()
    store.revoke_tokens(SHOP)
    store.place_order(SHOP, [{"price": "100.00"}])
    wait_until(token_is_refused, 60)
    for bad in ("nonsense", store.id_token(SHOP)[:-4] + "AAAA"):
        web.get("/app/api/status", headers={"Authorization": f"Bearer {bad}"})
        web.get("/app", params={"id_token": bad})
    store.fault("503", target="oauth", shop=SHOP, remaining=30)
    assert open_app(store, web) == 503
    store.clear_faults()
    assert open_app(store, web) == 200


def token_is_refused() -> bool:
    with db.read() as session:
        return session.scalar(select(Shop.token_error)) is not None


def settle_with_order(store: DevStoreClient) -> None:
    store.place_order(SHOP, [{"price": "100.00"}])
    settle(store)


def break_the_database(stack: Stack, store: DevStoreClient, web: httpx.Client) -> None:
    """Take a table away, and have pages, deliveries and jobs ask for it; then bring it back."""
    for table in ("segments", "inbox_events", "customers"):
        rename(stack, table, "away")
        token = {"Authorization": f"Bearer {store.id_token(SHOP)}"}
        assert web.get("/app/api/status", headers=token).status_code == 500
        web.get("/app", params={"id_token": store.id_token(SHOP)})
        shops.post(Door(web), "orders/create", order(10))
        time.sleep(0.5)
        rename(stack, "away", table)


def rename(stack: Stack, table: str, to: str) -> None:
    with sqlite3.connect(stack.directory / "regulars.sqlite3", timeout=10) as connection:
        connection.execute(f"ALTER TABLE {table} RENAME TO {to}")


def ask_for_privacy(stack: Stack, store: DevStoreClient, web: httpx.Client) -> None:
    asked = {"shop_domain": f"{SHOP}.myshopify.com", "customer": PERSON | {"id": 901}, "orders_to_redact": [1]}
    for topic in ("customers/data_request", "customers/redact"):
        assert shops.post(Door(web), topic, asked).status_code == 200


def ask_for_figures(stack: Stack, store: DevStoreClient, web: httpx.Client) -> None:
    (stack.directory / FIGURES).write_text(web.get("/metrics").text)


def crash(stack: Stack, store: DevStoreClient, web: httpx.Client) -> None:
    stack.kill("worker-inbox")
    stack.kill("redis")
    shops.post(Door(web), "orders/create", order(20))
    time.sleep(1)
    stack.environment["REDIS_URL"] = ""
    stack.start_redis()
    stack.spawn("worker-inbox", "plugin.cli", "worker", "--queue", "timed", "--queue", "inbox", "--queue", "heard")
    time.sleep(2)


HISTORY = (install, tell_of_people, let_calls_fail, lose_tokens, break_the_database, ask_for_privacy, crash)


def told(logs: dict[str, str]) -> list[dict[str, Any]]:
    """The lines of our own."""
    lines = [line for text in logs.values() for line in text.splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines]


def test_the_logs_tell_of_everything_that_went_wrong(logs):
    events = {line["event"] for line in told(logs) if line["level"] in ("warning", "error")}
    expected = {"delivery_failed", "delivery_not_stored", "shopify_failed", "request_failed", "wake_up_lost"}
    assert events >= expected | {"admin_page_without_shopify"}
    assert {"web.log", "worker-inbox.log", "worker-tags.log", "worker-runs.log", "scheduler.log"} <= logs.keys()


def test_no_log_holds_a_secret(logs, stack):
    for name in ("SHOPIFY_CLIENT_SECRET", "TOKEN_KEYS"):
        assert [file for file, text in logs.items() if stack.environment[name] in text] == []
    for name, pattern in SECRETS.items():
        assert {file: found for file, text in logs.items() if (found := re.findall(pattern, text))} == {}, name


@pytest.mark.parametrize("planted", PLANTED)
def test_no_log_says_who_anybody_is(logs, planted):
    found = [line for text in logs.values() for line in text.splitlines() if planted.lower() in line.lower()]
    assert found == []


# Of Redis, which is no shop's, and of pages: what answers their failures does not know who asked.
OF_NO_SHOP = {"redis_unavailable", "rate_limits_off", "library_warning"}
# Jobs of the timetable are about all shops.
OF_ALL_SHOPS = {job.__name__ for job, _ in schedule.TIMETABLE}


def test_every_failure_names_the_shop_what_was_being_done_and_the_reason(logs):
    failures = [line for line in told(logs) if line["level"] in ("warning", "error")]
    lacking = {
        line["event"]: line
        for line in failures
        if not (line.keys() & {"shop", "shop_id"} or line["event"] in OF_NO_SHOP or line.get("job") in OF_ALL_SHOPS)
        or not (line.keys() & {"topic", "stage", "run", "kind", "path", "job"} or line["event"] in OF_NO_SHOP)
        or not line.keys() & {"reason", "exception"}
    }
    assert lacking == {}


def lines_of(logs: dict[str, str], file: str, *events: str) -> list[dict[str, Any]]:
    found = [line for line in told({file: logs[file]}) if not events or line["event"] in events]
    assert found
    return found


def test_every_line_about_a_delivery_says_which_and_whose(logs):
    at_the_door = lines_of(logs, "web.log", "delivery_not_stored", "wake_up_lost")
    folded = lines_of(logs, "worker-inbox.log", "notice_heeded", "delivery_failed")
    assert [line for line in at_the_door + folded if not line.keys() >= {"shop", "topic", "webhook_id"}] == []


@pytest.mark.parametrize("worker", ["worker-inbox", "worker-tags", "worker-runs"])
def test_every_line_of_a_worker_says_which_job_and_whose(logs, worker):
    lines = [line for line in lines_of(logs, f"{worker}.log") if line["event"] not in OF_NO_SHOP]
    assert [line for line in lines if not line.keys() >= {"job", "job_id"}] == []
    assert [line for line in lines if line["job"] not in OF_ALL_SHOPS and "shop_id" not in line] == []
    assert {"shop", "shop_id", "stage", "job", "job_id"} <= {key for line in lines for key in line}


def test_every_line_of_a_page_says_whose_it_is(logs):
    failed = [line for line in lines_of(logs, "web.log", "request_failed") if line["path"].startswith("/app/api")]
    assert {line["shop"] for line in failed} == {f"{SHOP}.myshopify.com"}


# What the web server counted, what workers did, and what all of them said of failures.
SUMS = {
    "regulars_deliveries_total",
    "regulars_deliveries_folded_total",
    "regulars_job_seconds_count",
    "regulars_failures_total",
    "regulars_tag_writes_total",
    "regulars_shopify_calls_total",
    "regulars_shopify_cost_points_total",
    "regulars_shopify_bucket_left_count",
    "regulars_check_ok",
    "regulars_workers",
}


def test_the_figures_of_all_processes_are_told_together(logs, stack):
    families = text_string_to_metric_families((stack.directory / FIGURES).read_text())
    sums = dict.fromkeys(SUMS, 0.0)
    for sample in (sample for family in families for sample in family.samples if sample.name in SUMS):
        sums[sample.name] += sample.value
    assert [name for name, value in sums.items() if value <= 0] == []
