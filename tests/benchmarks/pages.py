"""How quickly the pages of a large shop come up, hold still and answer, in a real browser with the real server behind.

`python -m tests.benchmarks.pages [--sizes 100000] [--slowdown 4]`. LCP, CLS and INP of the app's own frame as the
browser tells them (https://web.dev/articles/vitals), what its files weigh unpacked, how long the server took for the
document, and for the slowest of the answers its scripts asked for. Phones count with a processor so many times slower.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import numpy as np
from playwright.sync_api import Browser, FrameLocator, Page, sync_playwright
from sqlalchemy import delete, insert

from dev_store.client import DevStoreClient
from plugin import app, clock
from plugin.db import session as db
from plugin.db.models import Movement, SegmentDay, TagChange
from plugin.local import demo
from plugin.local.stack import Stack
from plugin.shop import shops
from plugin.standing import segment_days, store_picture
from tests.benchmarks import fill, measuring, stores
from tests.benchmarks.stores import MadeStore
from tests.e2e import admin
from tests.e2e.conftest import DESKTOP, PHONE, launch

HANDLE = "demo"
DAYS, WRITES_A_DAY = 90, 400
REPEAT = 1
SETTLED_MS, KEY_MS, PATIENCE_MS = 1_500, 60, 60_000
LIMITS = {"LCP ms": 2_500, "CLS": 0.1, "INP ms": 200, "kB": 100}
HEADER = ("page", "screen", *LIMITS, "server ms", "slowest answer ms")
PROCESSES = ("web", "worker-inbox", "worker-tags", "worker-runs")

WATCH = """
  window.vitals = { lcp: 0, cls: 0, inp: 0 };
  let shifts = { first: 0, last: 0, sum: 0 };
  const observe = (type, take, options) => new PerformanceObserver((list) => list.getEntries().forEach(take))
    .observe({ type, buffered: true, ...options });
  observe("largest-contentful-paint", (each) => { window.vitals.lcp = each.startTime; });
  observe("layout-shift", (each) => {
    if (each.hadRecentInput) return;
    const goesOn = each.startTime - shifts.last < 1000 && each.startTime - shifts.first < 5000;
    const { first, sum } = goesOn ? shifts : { first: each.startTime, sum: 0 };
    shifts = { first, last: each.startTime, sum: sum + each.value };
    window.vitals.cls = Math.max(window.vitals.cls, shifts.sum);
  });
  observe("event", (each) => {
    if (each.interactionId) window.vitals.inp = Math.max(window.vitals.inp, each.duration);
  }, { durationThreshold: 16 });
"""
READ = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const files = performance.getEntriesByType("resource").filter((each) => each.name.startsWith(location.origin));
  const asked = files.filter((each) => each.initiatorType === "fetch");
  return {
    ...window.vitals,
    weight: [page, ...files].reduce((sum, each) => sum + (asked.includes(each) ? 0 : each.decodedBodySize), 0),
    server: page.responseStart - page.requestStart,
    slowest: Math.max(0, ...asked.map((each) => each.responseEnd - each.startTime)),
  };
}"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One page, and what is done there with mouse and keys."""

    name: str
    path: str
    use: Callable[[FrameLocator, Page], None]


@click.command()
@click.option("--sizes", default="100000", help="Numbers of customers.")
@click.option("--slowdown", default=4, help="How many times slower a phone's processor is.")
def main(sizes: str, slowdown: int) -> None:
    for customers in map(int, sizes.split(",")):
        click.echo(f"{customers:,} customers; a phone {slowdown} times slower\n")
        found = list(lines(customers, slowdown))
        measuring.table(HEADER, [("(at most)", "", *LIMITS.values(), "", ""), *found])
        for line in found:
            for (name, most), value in zip(LIMITS.items(), line[2:], strict=False):
                if value > most:
                    click.echo(f"Over the limit: {line[0]}, {line[1]}: {name}")


def lines(customers: int, slowdown: int) -> Iterator[tuple[Any, ...]]:
    """A line for each page and screen."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, Stack(Path(directory), clock_file=True) as stack:
        some_customer = prepare(stack, stores.make(customers))
        with sync_playwright() as driver:
            browser = launch(driver)
            for kind, screen in (("desktop", DESKTOP), ("phone", PHONE)):
                for visit in (WARM, *visits(some_customer)):
                    read = visited(browser, stack, visit, screen, slowdown if kind == "phone" else 1)
                    if visit is not WARM:
                        yield visit.name, kind, *read
            browser.close()


def prepare(stack: Stack, store: MadeStore) -> int:
    """An installation with the store in it and everything counted; the number of one of its customers.

    The app is installed in an empty shop, as a merchant would; what a large one would have is then put into the tables.
    """
    if stack.clock_file is None:
        raise click.ClickException("The made stores stand at an instant of their own")
    clock.write(stack.clock_file, stores.AS_OF.isoformat())
    stack.start_redis()
    stack.start_dev_store()
    stack.start_web()
    stack.start_workers()
    with DevStoreClient(stack.dev_store_url) as client:
        client.create_shop(HANDLE, plan="plus")
        demo.open_app(f"{stack.dev_store_url}/store/{HANDLE}/apps/regulars")
        os.environ |= stack.environment | {"LOG_LEVEL": "ERROR"}
        app.start()
        _wait_until(lambda shop: shop.imported_at is not None)
        admin.switch_on(stack.app_url, client, HANDLE)
    for name in PROCESSES:
        stack.kill(name)
    with db.read() as session:
        shop_id = shops.by_domain(session, f"{HANDLE}.myshopify.com").id
    _fill(shop_id, store)
    stack.start_web()
    stack.start_workers()
    return int(store.customer_ids[len(store.customer_ids) // 2])


def visited(browser: Browser, stack: Stack, visit: Visit, screen: dict[str, Any], slowdown: int) -> tuple[Any, ...]:
    """Go there in a window that knows nothing yet, use the page, and read what the browser has noted."""
    context = browser.new_context(**screen)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.goto(f"{stack.dev_store_url}/store/{HANDLE}/apps/regulars/app{visit.path}")
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading", level=1).wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLED_MS)
    visit.use(frame, page)
    page.wait_for_timeout(SETTLED_MS)
    read = page.frames[1].evaluate(READ)
    context.close()
    kilobytes, cls = round(read["weight"] / 1000), round(read["cls"], 3)
    return int(read["lcp"]), cls, int(read["inp"]), kilobytes, int(read["server"]), int(read["slowest"])


def look(frame: FrameLocator, page: Page) -> None:
    """What anybody does on any page."""
    frame.get_by_role("heading", level=1).click()
    for _ in range(3):
        page.keyboard.press("Tab")


def use_segment(frame: FrameLocator, page: Page) -> None:
    """Change the rule, add a condition to it, and sort the customers."""
    field = frame.locator("#conditions").get_by_role("textbox").first
    field.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("12", delay=KEY_MS)
    page.wait_for_timeout(SETTLED_MS)
    adding = frame.get_by_label("Add a condition", exact=True)
    adding.focus()
    adding.select_option(label="Amount spent")
    page.keyboard.type("500", delay=KEY_MS)
    page.wait_for_timeout(SETTLED_MS)
    frame.get_by_label("Sort by").select_option(label="Highest spend first")
    page.wait_for_load_state("networkidle")
    frame.get_by_role("button", name="Why Customer").first.click()
    page.keyboard.press("Escape")


def use_settings(frame: FrameLocator, page: Page) -> None:
    """Change a threshold, tick a box, and write into a field."""
    frame.get_by_role("group", name="Repeat").get_by_label("Orders, at least").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("12", delay=KEY_MS)
    frame.get_by_role("checkbox", name="Payment pending").click()
    frame.get_by_label("Prefix of new tags").click()
    page.keyboard.type("club-", delay=KEY_MS)


def visits(customer: int) -> tuple[Visit, ...]:
    return (
        Visit("home", "", look),
        Visit("presets", "/presets", look),
        Visit("segment", f"/segments/{REPEAT}", use_segment),
        Visit("new segment", "/segments/new?preset=vip", look),
        Visit("settings", "/settings", use_settings),
        Visit("customers", "/customers", look),
        Visit("customer", f"/customers/{customer}", look),
        Visit("activity", "/activity", look),
        Visit("data", "/data", look),
    )


# The first page of all pays for the server's own start.
WARM = Visit("", "", look)


def _wait_until(ready: Callable[[Any], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline:
        with db.read() as session:
            shop = shops.by_domain(session, f"{HANDLE}.myshopify.com")
            if shop is not None and ready(shop):
                return
        time.sleep(0.1)
    raise click.ClickException("The app was not installed in time")


def _fill(shop_id: int, store: MadeStore) -> None:
    """Customers with their orders, a quarter of a year of days and movements, and tags that were written."""
    fill.shop(db.engine(), shop_id, store, orders=True)
    random, bits = np.random.default_rng(7), range(len(fill.SEGMENTS))
    whose = random.choice(store.customer_ids, (DAYS, WRITES_A_DAY)).tolist()
    now, size = clock.now(), len(store.customer_ids) // 4
    days, moves, writes = [], [], []
    for ago in range(1, DAYS):
        at = now - timedelta(days=ago)
        days += [_day(shop_id, at, bit, size - 10 * ago, len(store.customer_ids)) for bit in bits]
        for number, customer_id in enumerate(whose[ago]):
            bit, entered = number % len(bits), number % 3 > 0
            common = {"shop_id": shop_id, "customer_id": customer_id, "at": at - timedelta(seconds=number)}
            moves.append({**common, "bit": bit, "entered": entered, "cause": "event"})
            tags = [fill.SEGMENTS[bit].tag]
            changed = {"added": tags if entered else [], "removed": [] if entered else tags}
            writes.append({**common, **changed, "outcome": "written"})
    with db.write() as session:
        # The empty shop's, if they were counted already.
        session.execute(delete(SegmentDay).where(SegmentDay.shop_id == shop_id))
        for table, rows in ((SegmentDay, days), (Movement, moves), (TagChange, writes)):
            session.execute(insert(table), rows)
    segment_days.count(shop_id, now)
    store_picture.count(shop_id, now)
    db.engine().dispose()


def _day(shop_id: int, at: Any, bit: int, size: int, customers: int) -> dict[str, Any]:
    spent = {"spend": size * 9_000, "customers": customers, "shop_spend": customers * 9_000}
    return {"shop_id": shop_id, "day": at.date(), "bit": bit, "size": size, "entered": 40, "left": 30, **spent}


if __name__ == "__main__":
    main()
