"""Copies of large shops' columns in files of this machine, mapped into memory: what standing.preview tries rules on.

A copy is of an instant and never changed. It may be used for a day, unless a customer was erased after it was made: it
holds customers' numbers and their orders' instants and amounts, and `forget` has to be called when somebody is erased.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin import clock, config
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.segments.columns import IntArray, SummedColumns
from plugin.segments.needs import Needs
from plugin.standing import loading

USABLE_FOR = timedelta(days=1)
READ_AT_ONCE = 32_000
# So many customers' columns at a time stay in the processor's cache.
SLICE = 65_536
KINDS = {"customer_ids": "<i8", "starts": "<i8", "processed_at": "<u4", "spend_before": "<i8", "units_before": "<i8"}
DESCRIPTION = "copy.json"
NOTHING = Needs()


@dataclass(frozen=True, slots=True, eq=False)
class ColumnCopy:
    """`writes`: how many writes the shop had seen (shops.writes) when the copy was begun."""

    path: Path
    writes: int
    made_at: datetime
    customer_ids: IntArray
    starts: IntArray
    processed_at: Any
    spend_before: IntArray
    units_before: IntArray

    def slices(self) -> Iterator[tuple[slice, SummedColumns]]:
        """The copy as the engine takes it, some customers at a time, with their places among `customer_ids`."""
        for first in range(0, len(self.customer_ids), SLICE):
            places = slice(first, first + SLICE)
            bounds = self.starts[first : first + SLICE + 1]
            orders = slice(int(bounds[0]), int(bounds[-1]))
            sums = slice(orders.start, orders.stop + 1)
            columns = SummedColumns(
                self.customer_ids[places],
                bounds - bounds[0],
                self.processed_at[orders],
                self.spend_before[sums],
                self.units_before[sums],
            )
            yield places, columns


def usable(session: Session, shop_id: int) -> ColumnCopy | None:
    """The shop's newest copy on this machine; None if there is none that may still be used."""
    copies_from = session.scalar(select(Shop.copies_from).where(Shop.id == shop_id)) or 0
    for path in sorted(_folder().glob(f"{shop_id}-*"), reverse=True):
        found = _read(path)
        if found and found.writes >= copies_from and clock.now() - found.made_at < USABLE_FOR:
            return found
    return None


def is_current(session: Session, shop_id: int, copy: ColumnCopy) -> bool:
    """Whether nothing was written for the shop since."""
    return session.scalar(select(Shop.writes).where(Shop.id == shop_id)) == copy.writes


def make(shop_id: int) -> None:
    """Copy the shop as it is now, and remove every copy on this machine that this one replaces or that is too old."""
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    made_at = clock.now()
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=_folder()))
    try:
        with db.read() as session:
            writes = session.scalar(select(Shop.writes).where(Shop.id == shop_id)) or 0
            _write_columns(session, shop_id, unfinished)
        described = {"writes": writes, "made_at": made_at.isoformat()}
        (unfinished / DESCRIPTION).write_text(json.dumps(described))
        finished = _folder() / f"{shop_id}-{writes:020}-{unfinished.name.removeprefix('.unfinished-')}"
        unfinished.rename(finished)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    with db.read() as session:
        # Somebody may have been erased, or the shop as a whole, while it was made.
        copies_from = session.scalar(select(Shop.copies_from).where(Shop.id == shop_id))
    kept = None if copies_from is None or copies_from > writes else finished
    for path in _folder().iterdir():
        if path != kept and (path.name.startswith(f"{shop_id}-") or _is_old(path)):
            shutil.rmtree(path, ignore_errors=True)


def forget(session: Session, shop_id: int) -> None:
    """Somebody is being erased: copies made before the end of this transaction are not used again, on any machine.

    Those on this machine are removed at once. The caller holds the shop.
    """
    shop = session.get_one(Shop, shop_id, populate_existing=True)
    shop.copies_from = shop.writes
    for path in _folder().glob(f"{shop_id}-*"):
        shutil.rmtree(path, ignore_errors=True)


def _write_columns(session: Session, shop_id: int, folder: Path) -> None:
    files = {name: (folder / name).open("wb") for name in KINDS}
    ends = dict.fromkeys(("starts", "spend_before", "units_before"), 0)
    try:
        for name in ends:
            files[name].write(np.zeros(1, KINDS[name]).tobytes())
        after = 0
        while len(
            (
                loaded := loading.following(session, shop_id, after, READ_AT_ONCE, NOTHING, clock.now())
            ).standing.customer_ids
        ):
            for customers, _ in loaded.pieces:
                for name in ("customer_ids", "processed_at"):
                    files[name].write(np.ascontiguousarray(getattr(customers.orders, name), KINDS[name]).data)
                for name, end in ends.items():
                    sums = getattr(customers.orders, name)
                    files[name].write(np.ascontiguousarray(sums[1:] + end, KINDS[name]).data)
                    ends[name] = end + int(sums[-1])
            after = int(loaded.standing.customer_ids[-1])
    finally:
        for file in files.values():
            file.close()


def _read(path: Path) -> ColumnCopy | None:
    try:
        described = json.loads((path / DESCRIPTION).read_text())
        arrays = {name: _mapped(path / name, kind) for name, kind in KINDS.items()}
    except (OSError, ValueError):
        return None  # removed just now
    return ColumnCopy(path, int(described["writes"]), datetime.fromisoformat(described["made_at"]), **arrays)


def _mapped(path: Path, kind: str) -> Any:
    return np.asarray(np.memmap(path, kind, "r")) if path.stat().st_size else np.zeros(0, kind)


def _is_old(path: Path) -> bool:
    try:
        return clock.wall().timestamp() - path.stat().st_mtime > USABLE_FOR.total_seconds()
    except OSError:
        return False


def _folder() -> Path:
    return config.current().data_dir / "copies"
