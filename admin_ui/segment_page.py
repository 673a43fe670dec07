"""The page of one segment: its rule to edit, how large it was day by day, what tells its members apart; and the page of
one to be added, filled from a preset.

Renders; `segment_api` saves and tries, `segment_members_api` lists members. Changes nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_ui import auth, language, overview, rule_form
from plugin import clock
from plugin.db import session as db
from plugin.db.models import Customer, Segment, Shop
from plugin.language import Language
from plugin.segments import catalogue
from plugin.segments.voice import message
from plugin.shop import installation, shops
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import preview, segment_days, segment_edits, segment_store
from plugin.standing.segment_days import Day

CHART_DAYS = timedelta(days=90)
CHANGE_DAYS = 30

blueprint = Blueprint("admin_segment", __name__, url_prefix="/app", template_folder="templates")


@dataclass(frozen=True, slots=True)
class Figures:
    """What is said of a segment's members; None where nobody has counted yet."""

    size: int
    share: float
    change: int | None
    counted: Day | None
    days: list[Day]

    @property
    def average(self) -> int | None:
        """What a member spent in the last 365 days, in minor units."""
        if self.counted is None or self.counted.spend is None or not self.counted.size:
            return None
        return self.counted.spend // self.counted.size

    @property
    def store_average(self) -> int | None:
        """The same of any customer of the shop."""
        if self.counted is None or not self.counted.customers or self.counted.shop_spend is None:
            return None
        return self.counted.shop_spend // self.counted.customers

    @property
    def revenue_share(self) -> float | None:
        """Of all that was spent in the shop in the last 365 days."""
        if self.counted is None or self.counted.spend is None or not self.counted.shop_spend:
            return None
        return self.counted.spend / self.counted.shop_spend


@blueprint.get("/segments/<int:bit>")
@auth.document
def segment(bit: int) -> str:
    """One saved segment."""
    shop_id = installation.ensure_installed(auth.asker())
    with db.read() as session:
        shop = shops.get(session, shop_id)
        try:
            row = segment_edits.get(session, shop_id, bit)
        except segment_edits.UnknownSegment:
            abort(404)
        preview.prepare(session, shop_id)
        said = language.of(shop)
        seen = overview.read(session, shop)
        figures = _figures(session, shop, row, seen.customers)
        return render_template(
            "segment.html",
            **_shown(session, shop, row.definition, said),
            overview=seen,
            bit=bit,
            version=row.version,
            figures=figures,
            chart=_chart(figures.days, said),
            gap=_gap(figures, said),
            waits=_waits(session, shop, bit, said),
        )


@blueprint.get("/segments/new")
@auth.document
def new_segment() -> str:
    """One to be added, filled from the preset that the address names, or with an example."""
    shop_id = installation.ensure_installed(auth.asker())
    key = request.args.get("preset", "")
    preset = next((each for each in catalogue.presets() if each.key == key), None)
    if key and preset is None:
        abort(404)
    with db.read() as session:
        shop = shops.get(session, shop_id)
        preview.prepare(session, shop_id)
        said = language.of(shop)
        settings = ShopSettings.of(shop.settings)
        empty = {"name": "", "tag": "", "conditions": [EXAMPLE]}
        definition = settings.taken_over(_to_fill_in(preset) if preset else empty)
        shown = _shown(session, shop, definition, said)
        blanks = {path: said.text(question) for path, question in preset.blanks.items()} if preset else {}
        return render_template("segment_new.html", **shown, idea=preset.idea if preset else "", blanks=blanks)


EXAMPLE = {"measure": "orders", "window": 90, "comparison": "at_least", "value": 3}


def _to_fill_in(preset: catalogue.Preset) -> dict[str, Any]:
    """The preset without the examples that the merchant has to replace."""
    definition = preset.definition()
    for path in preset.blanks:
        *way, last = path.split(".")
        part: Any = definition
        for step in way:
            part = part[int(step)] if isinstance(part, list) else part[step]
        part[last] = dict.fromkeys(part[last], "") if isinstance(part[last], dict) else ""
    return definition


def _shown(session: Session, shop: Shop, definition: dict[str, Any], said: Language) -> dict[str, Any]:
    ladders = {each.ladder.name for each in segment_store.active(session, shop.id) if each.ladder}
    return {
        "definition": definition,
        "conditions": rule_form.conditions(definition["conditions"], said),
        "keep": rule_form.conditions(definition.get("keep", []), said),
        "addable": list(rule_form.addable(said)),
        "kinds": rule_form.kinds(said),
        "ladders": sorted(ladders),
        "currency": overview.currency(shop),
        "admin_customers": "shopify://admin/customers",
    }


def _figures(session: Session, shop: Shop, row: Segment, customers: int) -> Figures:
    inside = (Customer.shop_id == shop.id, Customer.wanted_tags.bitwise_and(1 << row.bit) != 0)
    size = session.scalar(select(func.count()).select_from(Customer).where(*inside)) or 0
    today = segment_days.today(shop, clock.now())
    days = segment_days.history(session, shop.id, today - CHART_DAYS).get(row.bit, [])
    counted = next((each for each in reversed(days) if each.customers), None)
    return Figures(
        size=size,
        share=size / customers if customers else 0.0,
        change=segment_days.changes(session, shop.id, CHANGE_DAYS).get(row.bit),
        counted=counted,
        days=days,
    )


def _chart(days: list[Day], said: Language) -> dict[str, Any] | None:
    """What stands on the chart; None while there is no line to draw."""
    if len(days) < 2:
        return None
    sizes = [each.size for each in days]
    edges = {"first": said.date(days[0].day), "last": said.date(days[-1].day)}
    label = said.text(
        "Customers in this segment: {before} on {first}, {now} on {last}; between {least} and {most} in that time",
        before=sizes[0],
        now=sizes[-1],
        least=min(sizes),
        most=max(sizes),
        **edges,
    )
    return {"values": sizes, "label": label, "most": said.number(max(*sizes, 1)), "nothing": said.number(0), **edges}


def _gap(figures: Figures, said: Language) -> str:
    """What a member spends beside any customer, in words."""
    average, usual = figures.average, figures.store_average
    if average is None or usual is None:
        return ""
    amounts = {"average": said.money(average), "usual": said.money(usual)}
    if average == usual or not usual:
        return said.text("A member spent {average} on average, any customer {usual}.", **amounts)
    if average > usual:
        times = said.number(round(average / usual, 1))
        text = message("A member spent {average} on average: {times} times the {usual} of any customer.")
        return said.text(text, times=times, **amounts)
    less = said.percent(1 - average / usual, 0)
    text = message("A member spent {average} on average: {less} less than the {usual} of any customer.")
    return said.text(text, less=less, **amounts)


def _waits(session: Session, shop: Shop, bit: int, said: Language) -> str:
    wait = segment_store.incomplete(session, shop.id, clock.now()).get(bit)
    return wait.words.by(said) if wait else ""
