"""What the page "Activity" shows of one shop, in words: runs with what came of each, tag writes, what needs a decision.

`activity_page` renders it, `activity_api` hands it to programs. Reads one shop, changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin import runs
from plugin.db.models import Run, SegmentVersion, TagChange
from plugin.deliveries import inbox
from plugin.language import Language
from plugin.segments import tally
from plugin.standing import judged_by, refresh, segment_store
from plugin.tagging import activity, brake, tag_changes, tag_drift, undo

RUNS_A_PAGE, WRITES_A_PAGE, MOST_LISTED, MOST_NAMED = 10, 50, 50, 3
CSV_COLUMNS = ("at", "customer", "added", "removed", "outcome", "reason")


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run. `state` is one of STATES; `why_not`: why it cannot be undone, None if it can; `of`: how many customers
    there were when it had to wait for the merchant.
    """

    id: str
    state: str
    words: tuple[str, ...]
    at: datetime
    seconds: int | None
    customers: int
    of: int | None
    added: Mapping[str, int]
    removed: Mapping[str, int]
    written: int
    refused: int
    left: int
    error: str | None
    why_not: str | None


@dataclass(frozen=True, slots=True)
class WriteLine:
    """One write to one customer."""

    id: str
    at: datetime
    customer: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    outcome: str
    reason: str | None
    run: str | None


@dataclass(frozen=True, slots=True)
class Failures:
    """What does not mend itself, or not at once."""

    runs: tuple[RunLine, ...]
    deliveries: int
    delivery_reasons: tuple[str, ...]
    refused: tuple[activity.Refused, ...]
    contested: tuple[tag_drift.Contested, ...]

    @property
    def any(self) -> bool:
        """Whether there is anything to decide."""
        return bool(self.runs or self.deliveries or self.refused or self.contested)


STATES = ("queued", "running", "waiting", "done", "failed", "superseded", "declined", "undone")


def run_lines(session: Session, shop_id: int, after: int | None, said: Language) -> tuple[list[RunLine], str | None]:
    """A page of runs, newest first, and behind which one the next page begins; None at the end."""
    found = activity.runs_page(session, shop_id, after, RUNS_A_PAGE + 1)
    more = str(found[RUNS_A_PAGE - 1].id) if len(found) > RUNS_A_PAGE else None
    return _lines(session, shop_id, found[:RUNS_A_PAGE], said), more


def write_lines(
    session: Session, shop_id: int, wanted: activity.Filter, after: int | None
) -> tuple[list[WriteLine], str | None]:
    """A page of tag writes, newest first, and behind which one the next page begins; None at the end."""
    found = activity.writes_page(session, shop_id, wanted, after, WRITES_A_PAGE + 1)
    more = str(found[WRITES_A_PAGE - 1].id) if len(found) > WRITES_A_PAGE else None
    return [write_line(row) for row in found[:WRITES_A_PAGE]], more


def write_line(row: TagChange) -> WriteLine:
    """One of them."""
    run = None if row.run_id is None else str(row.run_id)
    tags = (tuple(row.added), tuple(row.removed))
    return WriteLine(str(row.id), row.at, str(row.customer_id), *tags, row.outcome, row.error, run)


def waiting(session: Session, shop_id: int, said: Language) -> RunLine | None:
    """The run that waits for the merchant's word."""
    run = runs.waiting(session, shop_id)
    return _lines(session, shop_id, [run], said)[0] if run is not None else None


def failures(session: Session, shop_id: int, now: datetime, said: Language) -> Failures:
    """Everything that needs a decision."""
    failed = inbox.failed(session, shop_id)
    return Failures(
        runs=tuple(_lines(session, shop_id, activity.failed_runs(session, shop_id), said)),
        deliveries=inbox.failed_count(session, shop_id),
        delivery_reasons=tuple(dict.fromkeys(event.error or "" for event in failed))[:MOST_LISTED],
        refused=tuple(activity.refused(session, shop_id, now, MOST_LISTED)),
        contested=tuple(tag_drift.contested(session, shop_id)[:MOST_LISTED]),
    )


def _lines(session: Session, shop_id: int, found: list[Run], said: Language) -> list[RunLine]:
    outcomes = activity.outcomes(session, shop_id, [run.id for run in found])
    now_by, busy = judged_by.now(session, shop_id), undo.is_busy(session, shop_id)
    tags = segment_store.tags_by_bit(session, shop_id)
    rules = _rules(session, shop_id, found)
    lines = []
    for run in found:
        why_not = undo.why_not(run, now_by, busy=busy)
        moved, numbers = tally.from_json(run.position.get(refresh.MOVED)), brake.numbers(run)
        # What waits, or was declined, has moved nobody: what it would do is what there is to say.
        foretold = numbers is not None and not moved.customers
        recorded: dict[str, Any] = moved.as_json() | {
            "added": _by_tag(moved.added, tags),
            "removed": _by_tag(moved.removed, tags),
        }
        shown = numbers if foretold and numbers else recorded
        ended = outcomes[run.id]
        lines.append(
            RunLine(
                id=str(run.id),
                state=_state(run),
                words=tuple(_words(run, rules, said)),
                at=run.created_at,
                seconds=_seconds(run),
                customers=shown["customers"],
                of=numbers["of"] if numbers else None,
                added=shown["added"],
                removed=shown["removed"],
                written=ended.get(tag_changes.WRITTEN, 0),
                refused=ended.get(tag_changes.REFUSED, 0),
                left=ended.get(tag_changes.LEFT, 0),
                error=run.error,
                why_not=said.text(why_not) if why_not else None,
            )
        )
    return lines


def _by_tag(counts: Mapping[int, int], tags: Mapping[int, str]) -> dict[str, int]:
    return {tags[bit]: count for bit, count in sorted(counts.items()) if bit in tags}


def _state(run: Run) -> str:
    if runs.UNDONE_BY in run.position:
        return "undone"
    if runs.DECLINED in run.position:
        return "declined"
    return "superseded" if runs.SUPERSEDED in run.position else run.state


def _seconds(run: Run) -> int | None:
    if run.started_at is None or run.finished_at is None:
        return None
    return int((run.finished_at - run.started_at).total_seconds())


Rules = Mapping[tuple[int, int], dict[str, Any]]


def _rules(session: Session, shop_id: int, found: list[Run]) -> Rules:
    """The definitions that these runs, and those before them, judged by: by bit and version."""
    asked = {
        (bit, version)
        for run in found
        for part in (judged_by.BY, judged_by.BEFORE)
        for bit, version in (run.position.get(part) or {}).get("segments", ())
    }
    bits = {bit for bit, _ in asked}
    rows = session.scalars(
        select(SegmentVersion).where(SegmentVersion.shop_id == shop_id, SegmentVersion.bit.in_(bits))
    )
    return {(row.bit, row.version): row.definition for row in rows if (row.bit, row.version) in asked}


def _words(run: Run, rules: Rules, said: Language) -> list[str]:
    """Why there was a run: what a merchant did, as far as that is known."""
    if runs.UNDOES in run.position:
        return [said.text("A change was undone")]
    if "after_decline" in run.position:
        return [said.text("A change was declined: all is as it was")]
    if run.kind == runs.IMPORT:
        return [said.text("The order history was read")]
    if run.kind != runs.REFRESH:
        return [said.text("Comparison with your store")]
    by, before = (run.position.get(part) for part in (judged_by.BY, judged_by.BEFORE))
    changes = list(_differences(by, before, rules, said)) if by and before else []
    if len(changes) > MOST_NAMED:
        changes[MOST_NAMED - 1 :] = [said.text("and {count} more", count=len(changes) - MOST_NAMED + 1)]
    return changes or [said.text("All customers were sorted anew")]


def _differences(by: Mapping[str, Any], before: Mapping[str, Any], rules: Rules, said: Language) -> Any:
    now, then = (dict(map(tuple, each["segments"])) for each in (by, before))
    if by["tagging"] != before["tagging"]:
        yield said.text("Tags were switched on") if by["tagging"] else said.text("All tags were switched off")
    for bit, version in now.items():
        new, old = rules.get((bit, version), {}), rules.get((bit, then.get(bit, 0)))
        name = new.get("name", "")
        if old is None or old.get("tag") != new.get("tag"):
            yield said.text("“{name}” was added", name=name)
        elif old.get("on", True) != new.get("on", True):
            on = new.get("on", True)
            yield (
                said.text("“{name}” was switched on", name=name)
                if on
                else said.text("“{name}” was switched off", name=name)
            )
        elif version != then[bit]:
            yield said.text("“{name}” was changed", name=name)
    for bit in then.keys() - now.keys():
        yield said.text("“{name}” was removed", name=rules.get((bit, then[bit]), {}).get("name", ""))
    if by["settings"] != before["settings"]:
        yield said.text("Settings were changed")
