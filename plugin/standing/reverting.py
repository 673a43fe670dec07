"""Customers as they would stand if a run had not been: for judging them anew when it is undone (standing.refresh).

Lower bars and minimum stays look at who is in a segment already: without this they would keep whom the run let in.
"""

from dataclasses import replace

import numpy as np
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from plugin.db.models import Movement
from plugin.segments.columns import IntArray
from plugin.standing.loading import Loaded, Piece


def as_before(session: Session, shop_id: int, run_id: int, loaded: Loaded) -> Loaded:
    """The same customers, each where the run found them unless something has moved them since."""
    flips = _flips(session, shop_id, run_id, loaded.standing.customer_ids)
    return replace(loaded, pieces=(_reverted(piece, flips) for piece in loaded.pieces))


def moved(shop_id: int, run_id: int) -> tuple[ColumnElement[bool], ...]:
    """The movements of a run that nothing has followed for the same customer and segment."""
    later = aliased(Movement)
    same = (later.shop_id == shop_id, later.customer_id == Movement.customer_id, later.bit == Movement.bit)
    followed = select(later.id).where(*same, later.at > Movement.at).exists()
    return Movement.shop_id == shop_id, Movement.run_id == run_id, ~followed


def _flips(session: Session, shop_id: int, run_id: int, customer_ids: IntArray) -> IntArray:
    """One bit for each segment the run moved a customer into or out of."""
    flips = np.zeros(len(customer_ids), np.int64)
    if not len(customer_ids):
        return flips
    these = (Movement.customer_id >= int(customer_ids[0]), Movement.customer_id <= int(customer_ids[-1]))
    query = select(Movement.customer_id, Movement.bit).where(*moved(shop_id, run_id), *these)
    for customer_id, bit in session.execute(query):
        place = int(np.searchsorted(customer_ids, customer_id))
        if place < len(customer_ids) and customer_ids[place] == customer_id:
            flips[place] |= 1 << bit
    return flips


def _reverted(piece: Piece, flips: IntArray) -> Piece:
    customers, places = piece
    back = flips[places]
    ends = {bit: np.where(back >> bit & 1, 0, until) for bit, until in customers.stays.items()}
    return replace(customers, members=customers.members ^ back, stays=ends), places
