"""The page "Presets": every segment there is to take over, in its groups, with what the shop has of them already.

How many customers each would hold is `presets_api`'s, asked for a group at a time once the page is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from admin_ui import auth, language
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.language import Language
from plugin.segments import catalogue, words
from plugin.segments.catalogue import Preset
from plugin.segments.rules import Segment
from plugin.shop import installation, shops
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import segment_store

blueprint = Blueprint("admin_presets", __name__, url_prefix="/app", template_folder="templates")


@dataclass(frozen=True, slots=True)
class Offer:
    """One preset as the page offers it. `bit`: of the shop's segment with its tag; `questions`: what to fill in."""

    key: str
    name: str
    idea: str
    sentence: str
    beside: tuple[str, ...]
    questions: tuple[str, ...]
    bit: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """Presets under one heading; `number` is its place in the catalogue."""

    number: int
    heading: str
    offers: tuple[Offer, ...]


@blueprint.get("/presets")
@auth.document
def presets() -> str:
    """All presets."""
    shop_id = installation.ensure_installed(auth.asker())
    with db.read() as session:
        found = tuple(groups(session, shops.get(session, shop_id)))
    return render_template("presets.html", groups=found, count=sum(len(group.offers) for group in found))


def groups(session: Session, shop: Shop) -> Iterator[Group]:
    """The catalogue as this shop sees it."""
    bits = {row.tag.casefold(): row.bit for row in segment_store.rows(session, shop.id)}
    prefix = ShopSettings.of(shop.settings).tag_prefix.casefold()
    # Added with the shop's prefix, they are still the presets that are offered here.
    bits |= {tag.removeprefix(prefix): bit for tag, bit in bits.items() if tag.startswith(prefix)}
    voice = language.of(shop)
    for number, (heading, some) in enumerate(by_group()):
        yield Group(number, voice.text(heading), tuple(_offer(preset, voice, bits) for preset in some))


def by_group() -> list[tuple[str, list[Preset]]]:
    """The presets under their headings, in the catalogue's order."""
    return [(heading, list(some)) for heading, some in groupby(catalogue.presets(), lambda preset: preset.group)]


def _offer(preset: Preset, voice: Language, bits: dict[str, int]) -> Offer:
    segment = Segment.from_definition(preset.definition(), 0, voice.digits)
    return Offer(
        key=preset.key,
        name=voice.text(segment.name),
        idea=voice.text(preset.idea),
        sentence=words.sentence(segment, voice),
        beside=tuple(words.beside(segment, voice)),
        questions=tuple(voice.text(question) for question in preset.blanks.values()),
        bit=bits.get(segment.tag.casefold()),
    )
