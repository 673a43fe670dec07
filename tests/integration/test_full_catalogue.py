"""Weeks of a real shop (refunds, guests, wholesalers) with the whole catalogue on: its tags are those of a
plain recount of its files, step by step. The data set does not come with the project: without it this is skipped.
"""

import csv
import gzip
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from dev_store import places
from dev_store.recount import History, counted_orders
from plugin.segments import catalogue
from tests.support import people
from tests.support.oracle import Line, RawOrder
from tests.support.people import Person

HERE = Path(__file__).parents[2] / ".cache" / "online_retail"
DATA = Path(os.environ.get("ONLINE_RETAIL", HERE))
START, STEP, STEPS = datetime(2011, 8, 20, tzinfo=UTC), timedelta(days=7), 4
# The development store opens its shops there.
ZONE = ZoneInfo("America/New_York")
ONE_CUSTOMER_IN = 24

# What only Shopify or a survey could tell of these customers is not in the files.
UNTOLD = ("subscribed", "promoter", "passive", "detractor", "shopify-segment")
BAGS, CANDLES = {"product_type": "Bags"}, {"product_type": "Candles"}
FILLED: dict[str, dict[str, Any]] = {
    "category-buyer": {"conditions.0.category": BAGS},
    "expert": {"conditions.0.category": BAGS},
    "cross-sell": {"conditions.0.category": BAGS, "conditions.1.category": CANDLES},
    "country": {"conditions.0.value": ["FR", "DE", "BE"]},
    "last-minute": {"conditions.0.window": {"days": 14, "before": "09-03"}},
}


def definitions() -> list[dict[str, Any]]:
    """Every preset that the files can say something of, its blanks filled in."""
    found = []
    for preset in catalogue.presets():
        if preset.key in UNTOLD or preset.key.startswith("shopify-"):
            continue
        definition = preset.definition()
        for path, value in FILLED.get(preset.key, {}).items():
            part, i, entry = path.split(".")
            definition[part][int(i)][entry] = value
        found.append(definition)
    return found


def chosen(row: dict[str, str]) -> bool:
    key = row.get("customer_key") or row.get("order_id") or row["refund_id"].removeprefix("C")
    return key.isdigit() and int(key) % ONE_CUSTOMER_IN == 0


def product_type(row: dict[str, str]) -> str:
    words = row["description"].upper()
    return "Bags" if "BAG" in words else "Candles" if "CANDLE" in words else "Other"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One customer in so many, with what they bought and brought back; products with a type made of their names."""
    if not DATA.is_dir():
        pytest.skip(f"no Online Retail data set in {DATA} (or where ONLINE_RETAIL says)")
    directory, kept = tmp_path_factory.mktemp("retail"), {}
    for name in ("orders", "refunds", "order_lines", "refund_lines", "products"):
        with gzip.open(DATA / f"{name}.csv.gz", "rt", newline="") as file:
            rows = list(csv.DictReader(file))
        if name in ("orders", "refunds"):
            rows = [row for row in rows if chosen(row)]
            kept[name] = {row[f"{name[:-1]}_id"] for row in rows}
        elif name.endswith("_lines"):
            of = name.removesuffix("_lines")
            rows = [row for row in rows if row[f"{of}_id"] in kept[f"{of}s"]]
        else:
            rows = [row | {"product_type": product_type(row)} for row in rows]
        with (directory / f"{name}.csv").open("w", newline="") as copy:
            writer = csv.DictWriter(copy, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    return directory


def rows_of(directory: Path, name: str) -> Iterator[dict[str, str]]:
    with (directory / f"{name}.csv").open(newline="") as file:
        yield from csv.DictReader(file)


def units_by_type(directory: Path, as_of: datetime) -> Counter[tuple[str, datetime, str]]:
    """How many items of each type a customer kept of what they bought at an instant."""
    kinds = {row["product_code"]: product_type(row) for row in rows_of(directory, "products")}
    orders = {row["order_id"]: row for row in rows_of(directory, "orders")}
    refunded = {row["refund_id"]: datetime.fromisoformat(row["refunded_at"]) for row in rows_of(directory, "refunds")}
    found: Counter[tuple[str, datetime, str]] = Counter()
    lines = [(row["order_id"], row, 1) for row in rows_of(directory, "order_lines")]
    back = (row for row in rows_of(directory, "refund_lines") if row["matched_order_id"])
    lines += [(row["matched_order_id"], row, -1) for row in back if refunded[row["refund_id"]] < as_of]
    for order_id, row, sign in lines:
        order = orders[order_id]
        at = datetime.fromisoformat(order["placed_at"])
        found[order["customer_key"], at, kinds[row["product_code"]]] += sign * int(row["quantity"])
    return found


def everybody(directory: Path, as_of: datetime) -> list[Person]:
    """All customers the shop knows by then, with the orders that count."""
    units = units_by_type(directory, as_of)
    went_to: dict[str, str] = {}
    for row in rows_of(directory, "orders"):
        if datetime.fromisoformat(row["placed_at"]) < as_of:
            place = places.of_file(row["country"], None)
            went_to |= {row["customer_key"]: place.country} if place else {}
    found = []
    for key, customer in History(directory).customers.items():
        if customer.since >= as_of:
            continue
        counted = counted_orders(customer, as_of)
        orders = tuple(
            RawOrder(i, key, each.at, each.total, lines=(Line(each.units),)) for i, each in enumerate(counted)
        )
        bought = {
            f"product_type:{kind}": tuple(
                replace(each, lines=(Line(kept),))
                for each in orders
                if (kept := units[key, each.processed_at, kind]) > 0
            )
            for kind in ("Bags", "Candles")
        }
        words = {"country": went_to[key]} if key in went_to else {}
        found.append(Person(int(key), orders, bought, words, signed_up_at=customer.since))
    return found


def recount(directory: Path) -> dict[tuple[str, str], int]:
    """How many carry each tag at the end of each step; who was in before matters to those who stay."""
    asked = definitions()
    tags, stays = (
        {each["name"]: each["tag"] for each in asked},
        {each["name"]: each.get("minimum_stay") for each in asked},
    )
    shop = people.Shop(ZONE, tuple(everybody(directory, START)), START)
    inside: dict[int, set[str]] = {}
    until: dict[int, dict[str, datetime]] = {}
    counts = {}
    for as_of in (START + step * STEP for step in range(STEPS + 1)):
        found: Counter[str] = Counter()
        for person in everybody(directory, as_of):
            before, staying = inside.get(person.number, set()), until.setdefault(person.number, {})
            known = replace(person, inside=frozenset(before), stays=dict(staying))
            now = inside[person.number] = people.standing(asked, known, shop, as_of)
            staying |= {name: as_of + timedelta(days=stays[name]) for name in now - before if stays[name]}
            found.update(now)
        counts |= {(as_of.strftime("%Y-%m-%dT%H:%M:%SZ"), tags[name]): found[name] for name in tags}
    return {key: count for key, count in counts.items() if key[0] != START.strftime("%Y-%m-%dT%H:%M:%SZ")}


def rehearsed(directory: Path, tmp_path: Path) -> dict[tuple[str, str], int]:
    (tmp_path / "segments.yaml").write_text(yaml.safe_dump(definitions()))
    last = START + STEPS * STEP - timedelta(days=1)
    days = "--from", f"{START:%Y-%m-%d}", "--to", f"{last:%Y-%m-%d}", "--step", "1w"
    files = "--segments", str(tmp_path / "segments.yaml"), "--report", str(tmp_path / "report.csv")
    command = [sys.executable, "-m", "plugin.cli", "rehearse", "--data", str(directory), *days, *files]
    approved = {**os.environ, "ADDRESSES_APPROVED": "true"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=approved)
    assert done.returncode == 0, done.stderr[-3_000:]
    with (tmp_path / "report.csv").open() as file:
        return {(row["as_of"], row["segment"]): int(row["customers"]) for row in csv.DictReader(file)}


def test_every_count_of_the_whole_catalogue_is_that_of_a_recount(sample, tmp_path):
    expected = recount(sample)
    found = rehearsed(sample, tmp_path)
    assert {key: (count, expected[key]) for key, count in found.items() if count != expected[key]} == {}
    assert sum(count > 0 for count in found.values()) > 80
