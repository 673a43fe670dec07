"""Every preset of the catalogue in a store, from orders to tags: who is just inside a boundary and who just outside."""

import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from plugin import clock
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.segments import catalogue
from plugin.standing import explanation, explanation_words, promoters
from tests.support.installed import ON_ONE_DATABASE, InstalledShop

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
COFFEE, GRINDER, TEA = 11, 12, 13
PRODUCTS = {COFFEE: "Coffee", GRINDER: "Grinders", TEA: "Tea"}

# Who they are: orders as (days ago, price), perhaps with how many items and of which product.
BUYERS: dict[str, list[tuple[Any, ...]]] = {
    "one order": [(10, "99.99")],
    "two orders": [(10, "20"), (200, "20")],
    "four orders": [(10, "5"), (60, "5"), (120, "5"), (300, "5")],
    "five orders": [(10, "5"), (60, "5"), (120, "5"), (200, "5"), (300, "5")],
    "89 days": [(89.5, "10")],
    "90 days": [(90.5, "10")],
    "179 days": [(179.5, "10")],
    "180 days": [(180.5, "10")],
    "364 days": [(364.5, "10")],
    "365 days": [(365.5, "10")],
    "late": [(36, "5"), (26, "5"), (16, "5")],
    "on time": [(34, "5"), (24, "5"), (14, "5")],
    "three in 90 days": [(89.5, "5"), (50, "5"), (1, "5")],
    "two in 90 days": [(90.5, "5"), (50, "5"), (1, "5")],
    "ten items": [(29.5, "20", 10)],
    "nine items": [(29, "20", 9), (30.5, "20", 5)],
    "every week": [(1, "5"), (8, "5"), (15, "5"), (22, "5")],
    "nearly every week": [(1, "5"), (8, "5"), (15, "5"), (28.5, "5")],
    "spent 100": [(30, "100")],
    "spent 499.99": [(30, "499.99")],
    "spent 500": [(364.5, "500")],
    "spent 500 long ago": [(365.5, "500")],
    "spent 999.99": [(500, "999.99")],
    "spent 1,000": [(500, "1000")],
    "spent 1,499.99": [(30, "1499.99")],
    "spent 1,500": [(30, "1500")],
    "spent 1,999.99": [(500, "1999.99")],
    "spent 2,000": [(500, "2000")],
    "spent 2,999.99": [(30, "2999.99")],
    "spent 3,000": [(30, "1500"), (40, "1500")],
    "baskets of 150": [(30, "100"), (40, "200")],
    "baskets of 149.99": [(30, "100"), (40, "199.98")],
    "ten coffees": [(30, "9", 10, COFFEE)],
    "nine coffees": [(30, "9", 9, COFFEE)],
    "coffee and grinder": [(30, "9", 10, COFFEE), (40, "9", 1, GRINDER)],
    "tea": [(30, "9", 10, TEA)],
    # The last Christmas Eve was 159.5 days before now.
    "14 days before": [(173, "5")],
    "15 days before": [(174, "5")],
    "on the day before": [(160, "5")],
    "on the day": [(159, "5")],
    # By the table of scores: recency, frequency, spend.
    "555": [(days, "50") for days in range(1, 21)],
    "543": [(days, "50") for days in range(1, 11)],
    "532": [(days, "50") for days in range(1, 6)],
    "511": [(1.2, "9")],
    "525": [(1, "500"), (2, "500")],
    "434": [(days, "150") for days in range(40, 45)],
    "331": [(days, "5") for days in range(100, 105)],
    "225": [(200, "500"), (210, "500")],
    "115": [(400, "1200")],
    "222": [(200, "125"), (210, "125")],
    "111": [(400, "9")],
}
SIGNED_UP_DAYS_AGO = {"29 days here": 29.5, "30 days here": 30.5}
CONSENT = {"agreed": "SUBSCRIBED", "declined": "UNSUBSCRIBED"}
ANSWERS = {"ten": (10, 364), "nine": (9, 1), "eight": (8, 1), "seven": (7, 1), "six": (6, 1), "old ten": (10, 366)}

# Of each preset: who carries its tag, and who just does not.
SIDES: dict[str, tuple[list[str], list[str]]] = {
    "prospect": (["29 days here", "agreed"], ["one order"]),
    "first-time": (["one order", "365 days"], ["two orders", "29 days here"]),
    "repeat": (["two orders", "four orders"], ["one order", "five orders"]),
    "regular": (["five orders", "555"], ["four orders"]),
    "active": (["89 days"], ["90 days", "29 days here"]),
    "at-risk": (["90 days", "179 days"], ["89 days", "180 days"]),
    "lapsed": (["180 days", "364 days"], ["179 days", "365 days"]),
    "lost": (["365 days"], ["364 days"]),
    "overdue": (["late"], ["on time"]),
    "frequent": (["three in 90 days"], ["two in 90 days"]),
    "stocks-up": (["ten items"], ["nine items"]),
    "weekly": (["every week"], ["nearly every week"]),
    "needs-prompting": (["five orders"], ["four orders", "every week", "555"]),
    "handful": (["four orders", "nearly every week"], ["five orders", "every week"]),
    "high-spender": (["spent 500"], ["spent 499.99", "spent 500 long ago"]),
    "lifetime-spender": (["spent 1,000"], ["spent 999.99"]),
    "bronze": (["spent 100", "spent 499.99"], ["one order", "spent 500"]),
    "silver": (["spent 500", "spent 1,499.99"], ["spent 499.99", "spent 1,500"]),
    "gold": (["spent 1,500", "spent 2,999.99"], ["spent 1,499.99", "spent 3,000"]),
    "platinum": (["spent 3,000"], ["spent 2,999.99"]),
    "support-standard": (["one order", "spent 499.99"], ["spent 500", "29 days here"]),
    "support-silver": (["spent 500 long ago", "spent 1,999.99"], ["spent 499.99", "spent 2,000"]),
    "support-gold": (["spent 2,000"], ["spent 1,999.99"]),
    "large-orders": (["baskets of 150"], ["baskets of 149.99"]),
    "category-buyer": (["nine coffees", "coffee and grinder"], ["tea", "ten items"]),
    "expert": (["ten coffees"], ["nine coffees", "tea"]),
    "cross-sell": (["ten coffees"], ["coffee and grinder", "tea"]),
    "subscribed": (["agreed"], ["declined", "one order"]),
    "new-sign-up": (["29 days here"], ["30 days here"]),
    "last-minute": (["14 days before", "on the day before"], ["15 days before", "on the day"]),
    "promoter": (["ten", "nine"], ["eight", "old ten", "one order"]),
    "passive": (["eight", "seven"], ["nine", "six"]),
    "detractor": (["six"], ["seven", "one order"]),
    "top-score": (["555"], ["434", "111"]),
    "rfm-best": (["555"], ["543", "525"]),
    "rfm-loyal": (["543"], ["555", "532"]),
    "rfm-becoming-loyal": (["532"], ["543", "511"]),
    "rfm-new": (["511"], ["532", "111"]),
    "rfm-promising": (["525"], ["555", "225"]),
    "rfm-needs-attention": (["434"], ["331", "543"]),
    "rfm-drifting-off": (["331"], ["434", "222"]),
    "rfm-at-risk": (["225"], ["222", "525"]),
    "rfm-must-not-lose": (["115"], ["225", "111"]),
    "rfm-asleep": (["222"], ["225", "331"]),
    "rfm-lost": (["111"], ["115", "511"]),
}
EXPLAINED = ("555", "spent 3,000", "coffee and grinder", "nine", "29 days here", "late")
# Compared with the store: worked out from everybody's spend.
RELATIVE = ("brand-lover", "vip")


def live(shop: InstalledShop) -> dict[str, int]:
    """Everybody's life in the store, each event at its own time; their numbers by name."""
    for number, kind in PRODUCTS.items():
        shop.store.put_product(shop.handle, number, title=kind, product_type=kind)
    others = {f"other {i}": [(150 + i / 10, str(5 + i % 7))] for i in range(60)}
    known: dict[str, int] = {}
    events = [(days, name, order) for name, orders in (BUYERS | others).items() for days, *order in orders]
    events += [(days, name, []) for name, days in SIGNED_UP_DAYS_AGO.items()]
    events += [(100, name, []) for name in (*CONSENT, *ANSWERS)]
    for days, name, order in sorted(events, key=lambda event: -event[0]):
        shop.store.set_clock(NOW - timedelta(days=days))
        if order:
            price, units, product = (*order, 1, None)[:3] if len(order) < 3 else order
            each = {"price": price if units == 1 else f"{float(price) / units:.2f}", "quantity": units}
            line = each | ({"product": product} if product else {})
            known[name] = shop.store.place_order(shop.handle, [line], known.get(name, "new"))["customer"]["id"]
        else:
            known[name] = shop.store.create_customer(shop.handle)["id"]
    for name, state in CONSENT.items():
        shop.store.set_consent(shop.handle, known[name], state)
    return known


def answer(shop: InstalledShop, known: dict[str, int]) -> None:
    lines = [
        f"{known[name]},{score},{(NOW - timedelta(days=days)).isoformat()}" for name, (score, days) in ANSWERS.items()
    ]
    promoters.take_file(shop.id, io.BytesIO("\n".join(["customer id,score,date", *lines]).encode()))


def use(shop: InstalledShop, keys: Iterable[str]) -> None:
    with db.write() as session:
        row = session.get_one(Shop, shop.id)
        # Everybody's tags change at once here, and nobody is to be asked.
        row.settings = {**row.settings, "rfm_scale": "table", "brake_share": 1}
    shop.save_segments(*catalogue.definitions(keys))
    shop.settle()


def carriers(shop: InstalledShop, key: str) -> set[int]:
    (definition,) = catalogue.definitions([key])
    return set(shop.tagged(definition["tag"]))


def explained(shop: InstalledShop, customer: int) -> set[str]:
    """The tags that explanations say a customer carries."""
    with db.read() as session:
        found = explanation.explain(session, shop.id, customer, clock.now())
    assert list(explanation_words.lines(found))
    return {each.segment.tag for each in found.segments if each.inside}


def spends(shop: InstalledShop) -> dict[int, list[int]]:
    """What everybody paid, in cents, order by order."""
    found: dict[int, list[int]] = {}
    for order in shop.store.orders(shop.handle):
        paid = int(Decimal(order["current_total_price"]) * 100)
        found.setdefault(order["customer"]["id"], []).append(paid)
    return found


@ON_ONE_DATABASE
def test_every_preset_tags_who_is_inside_its_boundary_and_nobody_outside(new_shop):
    shop = new_shop(timezone="UTC")
    known = live(shop)
    shop.store.set_clock(f"{(NOW - clock.wall()).total_seconds():+.0f}")
    shop.install()
    answer(shop, known)
    use(shop, [*SIDES, *RELATIVE])
    named = {number: name for name, number in known.items()}
    for key, (inside, outside) in SIDES.items():
        found = {named[number] for number in carriers(shop, key)}
        assert (key, set(inside) - found, set(outside) & found) == (key, set(), set())
    for name in EXPLAINED:
        assert (name, explained(shop, known[name])) == (name, set(shop.tags(known[name])))
    paid = spends(shop)
    average = sum(map(sum, paid.values())) // len(paid)
    assert carriers(shop, "brand-lover") == {each for each, cents in paid.items() if sum(cents) >= 2 * average}
    (edge,) = sorted(map(sum, paid.values()))[len(paid) * 95 // 100 :][:1]
    assert carriers(shop, "vip") == {each for each, cents in paid.items() if sum(cents) >= edge and len(cents) > 1}


def test_no_preset_is_left_out():
    from_shopify = {preset.key for preset in catalogue.presets() if preset.key.startswith("shopify-")}
    assert {preset.key for preset in catalogue.presets()} == {*SIDES, *RELATIVE, *from_shopify, "country"}


@ON_ONE_DATABASE
def test_what_shopify_knows_of_customers_becomes_tags(shop):
    groups = [preset for preset in catalogue.presets() if preset.group == "Shopify's own RFM groups"]
    abroad, at_home = (shop.buy(country=country)["customer"]["id"] for country in ("CA", "US"))
    for _ in range(2):
        shop.buy(abroad, country="CA")
    curious = shop.store.create_customer(shop.handle)["id"]
    number = shop.store.create_segment(shop.handle, "Came back", "number_of_orders >= 2")
    shop.settle()
    country, mirror = catalogue.definitions(["country", "shopify-segment"])
    mirror["conditions"][0]["value"] = str(number)
    shop.save_segments(country, mirror, *(preset.definition() for preset in groups))
    shop.settle()
    assert (shop.tagged("lives-in-canada"), shop.tagged("in-my-shopify-segment")) == ([abroad], [abroad])
    in_groups = {tag: shop.tagged(tag) for tag in (preset.definition()["tag"] for preset in groups)}
    found = {tag: customers for tag, customers in in_groups.items() if customers}
    # As the development store's own statistics say of three orders, one and none.
    assert found == {"shopify-loyal": [abroad], "shopify-new": [at_home], "shopify-prospects": [curious]}


@ON_ONE_DATABASE
def test_a_tier_is_kept_by_its_lower_bar_and_lost_below_it(shop):
    tiers = ("bronze", "silver", "gold", "platinum")
    use(shop, tiers)
    orders = [shop.buy(price="500")]
    buyer = orders[0]["customer"]["id"]
    orders += [shop.buy(buyer, price) for price in ("450", "450", "100")]
    shop.settle()
    seen = [shop.tags(buyer)]
    for gone in (orders[3], orders[0], orders[1], orders[2]):
        shop.store.cancel_order(shop.handle, gone["id"])
        shop.settle()
        seen.append(shop.tags(buyer))
    # 1,500 enters Gold, 1,400 keeps it; 900 does not, but enters Silver, which 450 keeps.
    assert seen == [["gold"], ["gold"], ["silver"], ["silver"], []]
    assert shop.tags(shop.buyers(1, price="450")[0]) == []
    shop.settle()
    assert shop.tagged("bronze") == [shop.customers()[-1].customer_id]
