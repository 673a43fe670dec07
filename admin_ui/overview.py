"""Where a shop stands, in words: what runs, how large each segment is, what needs attention.

The page and the status endpoint show the same overview. Reads one shop, changes nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_ui import language, problems
from admin_ui.problems import Problem
from plugin import clock, runs
from plugin.db.models import PENDING_TAGS, Customer, Run, Shop, TagChange
from plugin.deliveries import inbox
from plugin.language import Language
from plugin.segments import words
from plugin.segments.voice import Said, by, forms, message
from plugin.shop import shops
from plugin.standing import headcount, mirrors, segment_store
from plugin.standing.headcount import Headcount
from plugin.tagging import bulk_tagging, switch, tag_sync


@dataclass(frozen=True, slots=True)
class Progress:
    """Work under way; `total` is None while nobody knows it, `time_left` is empty while it would be a guess."""

    stage: str
    words: str
    done: int
    total: int | None
    time_left: str = ""


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """One segment as the table shows it; how many are in it is None while nobody can know, or while it is off.

    `incomplete`: what decides it is not known to us (yet), so nobody is put into it; `waits` says what for.
    """

    bit: int
    name: str
    tag: str
    sentence: str
    customers: int | None
    share: float
    incomplete: bool
    waits: str = ""
    on: bool = True


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it at one moment. `paused`: nothing moves until Shopify takes us back."""

    progress: Progress | None
    paused: bool
    summary: str
    tagging_on: bool
    tags_gone: bool
    customers: int
    pending_tags: int
    failed_deliveries: int
    segments: tuple[SegmentLine, ...]
    problems: tuple[Problem, ...]

    @property
    def busy(self) -> bool:
        """Whether looking again in a moment will show something else."""
        return self.progress is not None


def read(session: Session, shop: Shop) -> Overview:
    """The overview of one shop."""
    now, run = clock.now(), runs.latest(session, shop.id)
    people = headcount.of(session, shop.id)
    customers = people.customers
    refused_tags = _refused_count(session, shop.id, now)
    pending_tags = tag_sync.pending_count(session, shop.id) - refused_tags
    failed_deliveries = inbox.failed_count(session, shop.id)
    failed_run = run if run is not None and run.state == runs.FAILED else None
    lines = _segments(session, shop, people, now)
    paused = _stands_still(shop, now)
    progress = None if paused else _progress(session, shop, run, customers, pending_tags)
    voice, any_on = language.of(shop), any(line.on for line in lines)
    summary = progress.words if progress else _summary(shop, customers, pending_tags, paused=paused, any_on=any_on)
    return Overview(
        progress=_spoken(progress, voice) if progress else None,
        paused=paused,
        summary=by(voice, summary),
        tagging_on=shop.tagging_off_at is None,
        tags_gone=shop.tagging_off_at is not None and not progress and not pending_tags and not refused_tags,
        customers=customers,
        pending_tags=pending_tags,
        failed_deliveries=failed_deliveries,
        segments=lines,
        problems=tuple(
            replace(each, heading=by(voice, each.heading), text=by(voice, each.text))
            for each in (
                *problems.of_waiting(runs.waiting(session, shop.id)),
                *problems.of(shop, failed_run, refused_tags, failed_deliveries),
                *(Problem(each.heading, each.text) for each in mirrors.problems(session, shop.id)),
            )
        ),
    )


def currency(shop: Shop) -> str:
    """The currency amounts are said in; Shopify tells us the shop's own a moment after the installation."""
    return shops.language(shop).currency


def _stands_still(shop: Shop, now: datetime) -> bool:
    """Whether nothing moves until Shopify takes us back: looking again in a moment would show the same."""
    return shop.token_error is not None or (shop.paused_until is not None and shop.paused_until > now)


def _segments(session: Session, shop: Shop, people: Headcount, now: datetime) -> tuple[SegmentLine, ...]:
    # While tags are off nobody is in any segment: a row of zeros would look like a finding.
    active, incomplete = segment_store.active(session, shop.id), segment_store.incomplete(session, shop.id, now)
    voice, known = language.of(shop), shop.imported_at is not None and shop.tagging_off_at is None
    counted = {segment.bit for segment in active} - set(incomplete) if known else set()
    return tuple(
        SegmentLine(
            bit=segment.bit,
            name=segment.name,
            tag=segment.tag,
            sentence=words.sentence(segment, voice),
            customers=people.sizes.get(segment.bit, 0) if segment.on and segment.bit in counted else None,
            share=_share(people, segment.bit) if segment.bit in counted else 0.0,
            incomplete=segment.bit in incomplete,
            waits=incomplete[segment.bit].words.by(voice) if segment.bit in incomplete else "",
            on=segment.on,
        )
        for segment in active
    )


def _spoken(progress: Progress, voice: Language) -> Progress:
    return replace(progress, words=by(voice, progress.words), time_left=by(voice, progress.time_left))


def _share(people: Headcount, bit: int) -> float:
    return people.sizes.get(bit, 0) / people.customers if people.customers else 0.0


def _progress(session: Session, shop: Shop, run: Run | None, customers: int, pending_tags: int) -> Progress | None:
    if run is not None and run.state not in (runs.DONE, runs.FAILED, runs.WAITING):
        return _run_progress(run, tagging_on=shop.tagging_off_at is None)
    if not pending_tags or runs.waiting(session, shop.id) is not None:
        return None
    if shop.tagging_off_at is not None:
        freed = _freed_count(session, shop.id, shop.tagging_off_at)
        total = freed + pending_tags
        said = Said("Tags taken off {count} of {total} customers", count=freed, total=total)
        return Progress("tags-off", said, freed, total)
    right, pace = max(0, customers - pending_tags), bulk_tagging.note(shop, clock.now())
    told = {"count": right, "total": customers}
    said = Said("{count} of {total} customers have the right tags", **told)
    if pace:
        said = Said("{count} of {total} customers have the right tags. {pace}", pace=pace, **told)
    return Progress("tags", said, right, max(customers, pending_tags))


# What the merchant reads at each stage of a run (history.backfill, standing.refresh); {count} is "12,400 of 69,659".
STAGES = {
    "ordering": message("Shopify is preparing your order history"),
    "customers": message("{count} customers read"),
    "orders": message("{count} orders read"),
    "customers paged": message(
        "{count} customers read, a page at a time because Shopify does not hand them out as one file"
    ),
    "orders paged": message("{count} orders read, a page at a time because Shopify does not hand them out as one file"),
    "histories": message("Orders are being put together by customer"),
    "recounting": message("Orders of {count} customers counted anew"),
    "counting": message("{count} customers looked at before anything is changed"),
    "judging": message("{count} customers sorted into segments"),
}
DONE = message("{count} done")
# Nothing is counted while Shopify works: the last stage's numbers must not be shown under this one's words.
UNCOUNTED = ("", "ordering")
QUEUED = {
    "import": message("Your order history is about to be read"),
    "recount": message("Your change is about to be applied"),
    "refresh": message("Your change is about to be applied"),
}
TAKING_OFF = Said("Your tags are about to be taken off")


def _run_progress(run: Run, *, tagging_on: bool) -> Progress:
    stage = run.stage if run.state == runs.RUNNING else ""
    if not tagging_on and run.kind == runs.REFRESH:
        return Progress(f"{run.kind}:off", TAKING_OFF, 0, None)
    if stage in UNCOUNTED:
        said = Said(STAGES.get(stage, QUEUED.get(run.kind, QUEUED["refresh"])))
        return Progress(f"{run.kind}:{stage}", said, 0, None)
    counted: str | int = run.done_count
    if run.total_count:
        counted = Said("{count} of {total}", count=run.done_count, total=run.total_count)
    said = Said(STAGES.get(stage, DONE), count=counted)
    return Progress(f"{run.kind}:{stage}", said, run.done_count, run.total_count, runs.left(run, clock.wall()))


def _summary(shop: Shop, customers: int, pending_tags: int, *, paused: bool, any_on: bool) -> Said:
    if paused and not pending_tags:
        return Said("Paused: nothing is read or written until Shopify lets us in again")
    if paused:
        return Said.plural(*PAUSED, pending_tags)
    if shop.tagging_off_at is not None:
        return Said.plural(*STILL_TAGGED, pending_tags) if pending_tags else Said("No customer carries a Regulars tag")
    if pending_tags:
        return Said.plural(*PENDING, pending_tags)
    if shop.imported_at is not None and not any_on:
        return Said("No segment is switched on, so no tags are written")
    if not customers:
        return Said("No customers yet: tags appear with the first order")
    return Said.plural(*ALL_RIGHT, customers)


PAUSED = forms("Paused: one customer waits for their tags", "Paused: {count} customers wait for their tags")
STILL_TAGGED = forms("One customer still carries Regulars tags", "{count} customers still carry Regulars tags")
PENDING = forms("One customer waits for their tags", "{count} customers wait for their tags")
ALL_RIGHT = forms("Your customer has the right tags", "All {count} customers have the right tags")


def _refused_count(session: Session, shop_id: int, now: datetime) -> int:
    """Customers whose tags Shopify refuses for now: nothing moves there, so they are a problem and not progress."""
    refused = (Customer.shop_id == shop_id, PENDING_TAGS, Customer.sync_after > now)
    return session.scalar(select(func.count()).select_from(Customer).where(*refused)) or 0


def _freed_count(session: Session, shop_id: int, since: datetime) -> int:
    """Customers whose tags were taken off since the merchant asked for it."""
    freed = (TagChange.shop_id == shop_id, TagChange.at >= since, TagChange.outcome == switch.WRITTEN)
    return session.scalar(select(func.count(TagChange.customer_id.distinct())).where(*freed)) or 0
