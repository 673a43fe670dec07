"""Where a shop stands, in words: what runs, how large each segment is, what needs attention.

The page and the status endpoint show the same overview. Reads one shop, changes nothing.
"""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from plugin import clock, inbox, money, runs, segment_store, tag_sync
from plugin.db.models import PENDING_TAGS, Customer, Run, Shop
from plugin.segments import words

UNKNOWN_CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Progress:
    """Work under way; `total` is None while nobody knows it."""

    stage: str
    words: str
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """One segment as the table shows it; how many are in it is None until the history has been read."""

    name: str
    tag: str
    sentence: str
    customers: int | None
    share: float


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that needs attention."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it at one moment."""

    progress: Progress | None
    summary: str
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
    run = runs.latest(session, shop.id)
    customers = segment_store.customer_count(session, shop.id)
    refused_tags = _refused_count(session, shop.id)
    pending_tags = tag_sync.pending_count(session, shop.id) - refused_tags
    failed_deliveries = inbox.failed_count(session, shop.id)
    progress = None if shop.token_error else _progress(run, customers, pending_tags)
    return Overview(
        progress=progress,
        summary=progress.words if progress else _summary(customers, pending_tags),
        customers=customers,
        pending_tags=pending_tags,
        failed_deliveries=failed_deliveries,
        segments=_segments(session, shop, customers),
        problems=tuple(_problems(shop, run, refused_tags, failed_deliveries)),
    )


def currency(shop: Shop) -> str:
    """The currency amounts are said in; Shopify tells us the shop's own a moment after the installation."""
    return shop.currency or UNKNOWN_CURRENCY


def _segments(session: Session, shop: Shop, customers: int) -> tuple[SegmentLine, ...]:
    sizes = segment_store.sizes(session, shop.id) if shop.imported_at else {}
    return tuple(
        SegmentLine(
            name=segment.name,
            tag=segment.tag,
            sentence=words.sentence(segment, lambda minor: money.say(minor, currency(shop))),
            customers=sizes.get(segment.bit),
            share=sizes.get(segment.bit, 0) / customers if customers else 0.0,
        )
        for segment in segment_store.active(session, shop.id)
    )


def _progress(run: Run | None, customers: int, pending_tags: int) -> Progress | None:
    if run is not None and run.state not in (runs.DONE, runs.FAILED):
        return _run_progress(run)
    if not pending_tags:
        return None
    right = max(0, customers - pending_tags)
    return Progress(
        "tags", f"{right:,} of {customers:,} customers have the right tags", right, max(customers, pending_tags)
    )


# What the merchant reads at each stage of a run (plugin.backfill, plugin.refresh); {count} is "12,400 of 69,659".
STAGES = {
    "ordering": "Shopify is preparing your order history",
    "customers": "{count} customers read",
    "orders": "{count} orders read",
    "judging": "{count} customers sorted into segments",
}
# Nothing is counted while Shopify works: the last stage's numbers must not be shown under this one's words.
UNCOUNTED = ("", "ordering")
QUEUED = {
    "import": "Your order history is about to be read",
    "refresh": "Your change is about to be applied",
}


def _run_progress(run: Run) -> Progress:
    stage = run.stage if run.state == runs.RUNNING else ""
    if stage in UNCOUNTED:
        return Progress(f"{run.kind}:{stage}", STAGES.get(stage, QUEUED[run.kind]), 0, None)
    total = f" of {run.total_count:,}" if run.total_count else ""
    said = STAGES.get(stage, "{count} done").format(count=f"{run.done_count:,}{total}")
    return Progress(f"{run.kind}:{stage}", said, run.done_count, run.total_count)


def _summary(customers: int, pending_tags: int) -> str:
    if pending_tags:
        return f"{pending_tags:,} customers wait for their tags"
    if not customers:
        return "No customers yet: tags appear with the first order"
    return f"All {customers:,} customers have the right tags" if customers > 1 else "Your customer has the right tags"


def _refused_count(session: Session, shop_id: int) -> int:
    """Customers whose tags Shopify refuses for now: nothing moves there, so they are a problem and not progress."""
    refused = (Customer.shop_id == shop_id, PENDING_TAGS, Customer.sync_after > clock.now())
    return session.scalar(select(func.count()).select_from(Customer).where(*refused)) or 0


def _problems(shop: Shop, run: Run | None, refused_tags: int, failed_deliveries: int) -> list[Problem]:
    problems = []
    if shop.token_error:
        problems.append(
            Problem(
                "Regulars cannot reach your store",
                "Shopify no longer accepts our access. Opening this page renews it: reload it now. "
                "Orders that came in meanwhile are kept, and tags catch up by themselves.",
            )
        )
    elif shop.api_error:
        problems.append(
            Problem(
                "Shopify refuses to answer Regulars for now",
                "Orders are still counted, and tags catch up by themselves once Shopify answers again. "
                "Reload this page to try at once; if it stays like this, write to our support.",
            )
        )
    if run is not None and run.state == runs.FAILED:
        problems.append(RUN_FAILED[run.kind])
    if refused_tags:
        who = "One customer's tags were" if refused_tags == 1 else f"The tags of {refused_tags:,} customers were"
        problems.append(
            Problem(
                f"{who} refused by Shopify",
                "Usually the customer has 250 tags already, which is the most Shopify allows. "
                "We try again every day: remove a tag that is no longer needed.",
            )
        )
    if failed_deliveries:
        some = "One message" if failed_deliveries == 1 else f"{failed_deliveries:,} messages"
        problems.append(
            Problem(
                f"{some} from Shopify could not be read",
                "They are kept and will be read again after our team has looked at them. "
                "Until then a few customers may carry a tag that is out of date.",
            )
        )
    return problems


RUN_FAILED = {
    "import": Problem(
        "Reading your order history stopped",
        "New orders are still counted. Reload this page to have the history read again.",
    ),
    "refresh": Problem(
        "Your last change has not reached every customer",
        "Save the thresholds again to apply it to everybody.",
    ),
}
