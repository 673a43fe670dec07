"""The page of all that a shop decides once; thresholds stand first. Saving is `settings_api`'s."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from admin_ui import auth, language, overview, settings_api, thresholds
from plugin import mail
from plugin.db import session as db
from plugin.db.models import Segment, Shop
from plugin.segments import catalogue, suggestions
from plugin.shop import installation, shops, warnings
from plugin.standing import baselines, segment_store

blueprint = Blueprint("admin_settings", __name__, url_prefix="/app", template_folder="templates")


@blueprint.get("/settings")
@auth.document
def settings() -> str:
    """Thresholds of every segment, with what the store's own numbers suggest."""
    shop_id = installation.ensure_installed(auth.asker())
    with db.read() as session:
        shop = shops.get(session, shop_id)
        rows = segment_store.rows(session, shop_id)
        currency = overview.currency(shop)
        groups = thresholds.groups([(row.bit, row.definition) for row in rows], currency)
        found, basis = _suggestions(session, shop)
        return render_template(
            "settings.html",
            overview=overview.read(session, shop),
            groups=thresholds.with_suggestions(groups, _beside({row.bit: row for row in rows}, found)),
            basis=basis,
            currency=currency,
            current=settings_api.current(session, shop),
            statuses=_statuses(),
            mail_is_possible=mail.is_possible(),
            undelivered=warnings.undelivered(session, shop_id),
        )


def _statuses() -> dict[str, tuple[str, str]]:
    """What a status is called, and what it means, in the words of Shopify's own list of orders."""
    say = language.current().text
    return {
        "paid": (say("Paid"), say("All of the money has arrived.")),
        "partially_paid": (say("Partially paid"), say("A part of the money has arrived.")),
        "partially_refunded": (say("Partially refunded"), say("Counts with what is left of it.")),
        "authorized": (say("Authorized"), say("The bank has promised the money, and it is not captured yet.")),
        "pending": (
            say("Payment pending"),
            say("Nothing has arrived yet: bank transfer, cash on delivery."),
        ),
    }


def _suggestions(session: Session, shop: Shop) -> tuple[list[suggestions.Suggestion], str]:
    stored, voice = baselines.newest(session, shop.id), language.of(shop)
    baseline = stored.baseline if stored else None
    return suggestions.of(baseline, voice.digits, voice)


def _beside(
    rows: dict[int, Segment], found: list[suggestions.Suggestion]
) -> Callable[[thresholds.Field], tuple[str, str] | None]:
    """What is suggested for a field: suggestions are about presets, and a segment made from one measures the same."""
    presets = {preset.key: preset.definition() for preset in catalogue.presets()}

    def suggested(field: thresholds.Field) -> tuple[str, str] | None:
        _, number, path = field.name.split(".", 2)
        definition = rows[int(number)].definition
        for each in found:
            if each.path == path and _is_made_from(definition, presets[each.key]):
                return str(each.value), each.evidence
        return None

    return suggested


def _is_made_from(definition: dict[str, Any], preset: dict[str, Any]) -> bool:
    """Whether a segment is a preset's, whatever its numbers: by the end of its tag, and by what its conditions ask."""
    return bool(definition["tag"].casefold().endswith(preset["tag"])) and _asked(definition) == _asked(preset)


def _asked(definition: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(each["measure"], each["comparison"], each.get("category")) for each in definition["conditions"]]
