"""What happens to orders: they are placed, paid, refunded, cancelled, edited and deleted. `customers` has the rest.

`store` calls these with the shop's lock held, for the control API, the admin page and the timeline. Each changes the
records and announces the webhook topics Shopify would send; `announce` decides whether anything goes out.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dev_store import customers, payloads
from dev_store.customers import Announce, NotPossible
from dev_store.places import Place
from dev_store.state import Customer, LineItem, Order, Refund, RefundLine, Shop

UNPAID = frozenset({"pending", "authorized", "partially_paid"})


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line somebody orders; `total` is for all of its units after the `discount`, in minor units."""

    title: str
    quantity: int
    total: int
    gift_card: bool = False
    product_id: int | None = None
    discount: int = 0


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order about to be placed; a customer the shop does not know yet becomes one by it, None is a guest."""

    lines: Sequence[NewLine]
    customer_id: int | None
    id: int | None = None
    financial_status: str = "paid"
    test: bool = False
    shipping: int = 0
    processed_at: datetime | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """Part of a refund: so many units of the line at `index`, and the money for them."""

    index: int
    quantity: int
    amount: int


def place_order(shop: Shop, new: NewOrder, at: datetime, announce: Announce) -> Order:
    """Somebody buys: orders/create, orders/paid if it is, and customers/create before both for a new customer."""
    number = next(shop.numbers) if new.id is None else new.id
    if number in shop.orders:
        raise NotPossible(f"Order {number} exists already")
    customer = _buyer(shop, new.customer_id, at, announce)
    lines = [_line(shop, line) for line in new.lines]
    total = sum(line.total for line in lines) + new.shipping
    at = customers.whole_second(at)
    order = Order(
        id=number,
        number=next(shop.order_numbers),
        customer=customer,
        processed_at=customers.whole_second(new.processed_at or at),
        created_at=at,
        updated_at=at,
        currency=shop.currency,
        total=total,
        current_total=total,
        shipping=new.shipping,
        current_shipping=new.shipping,
        financial_status=new.financial_status,
        lines=lines,
        test=new.test,
        place=new.place,
    )
    shop.orders[number] = order
    if customer:
        customer.orders[number] = order
    announce("orders/create", lambda: payloads.order(shop, order))
    if order.financial_status == "paid":
        announce("orders/paid", lambda: payloads.order(shop, order))
    customers.tell_summary(shop, customer, at, announce)
    return order


def pay_order(shop: Shop, order: Order, at: datetime, announce: Announce) -> None:
    """The money for an unpaid order arrives."""
    if order.financial_status not in UNPAID or order.cancelled_at:
        raise NotPossible(f"Order {order.id} is not waiting for payment")
    order.financial_status = "paid"
    _touch(order, at)
    announce("orders/paid", lambda: payloads.order(shop, order))
    announce("orders/updated", lambda: payloads.order(shop, order))


def refund_order(
    shop: Shop,
    order: Order,
    returned: Sequence[Returned],
    at: datetime,
    announce: Announce,
    note: str | None = None,
) -> Refund:
    """Give money back for some lines; the order's current totals fall, never below nothing."""
    lines = []
    back: Counter[int] = Counter()
    for part in returned:
        back[part.index] += part.quantity
        line = order.lines[part.index]
        if part.quantity < 0 or back[part.index] > line.current_quantity:
            raise NotPossible(f"Line {line.id} has {line.current_quantity} units left to return")
    for part in returned:
        line = order.lines[part.index]
        line.current_quantity -= part.quantity
        line.current_total = max(0, line.current_total - part.amount)
        lines.append(RefundLine(next(shop.numbers), line, part.quantity, part.amount))
    amount = min(sum(line.amount for line in lines), order.current_total)
    refund = Refund(next(shop.numbers), customers.whole_second(at), lines, amount, note)
    order.refunds.append(refund)
    order.current_total -= amount
    order.current_shipping = min(order.current_shipping, order.current_total)
    order.financial_status = "partially_refunded" if order.current_total else "refunded"
    _touch(order, at)
    announce("refunds/create", lambda: payloads.refund(shop, order, refund))
    announce("orders/updated", lambda: payloads.order(shop, order))
    customers.tell_summary(shop, order.customer, at, announce)
    return refund


def all_that_is_left(order: Order) -> list[Returned]:
    """What a full refund gives back; shipping belongs to no line and goes with the first one."""
    spare = order.current_total - sum(line.current_total for line in order.lines)
    return [
        Returned(index, line.current_quantity, line.current_total + (spare if index == 0 else 0))
        for index, line in enumerate(order.lines)
    ]


def cancel_order(shop: Shop, order: Order, reason: str, at: datetime, announce: Announce) -> None:
    """Call an order off: what was paid goes back, what was not is voided."""
    if order.cancelled_at:
        raise NotPossible(f"Order {order.id} is cancelled already")
    order.cancelled_at, order.cancel_reason = customers.whole_second(at), reason
    if order.financial_status in UNPAID:
        order.financial_status, order.current_total, order.current_shipping = "voided", 0, 0
        for line in order.lines:
            line.current_quantity = line.current_total = 0
    elif order.current_total:
        refund_order(shop, order, all_that_is_left(order), at, announce)
    _touch(order, at)
    announce("orders/cancelled", lambda: payloads.order(shop, order))
    announce("orders/updated", lambda: payloads.order(shop, order))
    customers.tell_summary(shop, order.customer, at, announce)


def edit_order(
    shop: Shop,
    order: Order,
    added: Sequence[NewLine],
    removed: Sequence[tuple[int, int]],
    at: datetime,
    announce: Announce,
) -> None:
    """Add lines to an order and take units off lines, given as (index, quantity)."""
    if order.cancelled_at:
        raise NotPossible(f"Order {order.id} is cancelled")
    removals = []
    for index, quantity in removed:
        line = order.lines[index]
        if not 0 < quantity <= line.current_quantity:
            raise NotPossible(f"Line {line.id} has {line.current_quantity} units left")
        value = line.current_total * quantity // line.current_quantity
        line.current_quantity -= quantity
        line.current_total -= value
        order.current_total = max(0, order.current_total - value)
        removals.append((line, quantity))
    additions = [_line(shop, new) for new in added]
    order.lines.extend(additions)
    order.current_total += sum(line.total for line in additions)
    _touch(order, at)
    edit = next(shop.numbers)
    announce(
        "orders/edited", lambda: payloads.edited(shop, order, edit, additions, removals, customers.whole_second(at))
    )
    announce("orders/updated", lambda: payloads.order(shop, order))
    customers.tell_summary(shop, order.customer, at, announce)


def send_elsewhere(shop: Shop, order: Order, place: Place | None, at: datetime, announce: Announce) -> None:
    """Correct where an order goes."""
    order.place = place
    _touch(order, at)
    announce("orders/updated", lambda: payloads.order(shop, order))


def delete_order(shop: Shop, order: Order, at: datetime, announce: Announce) -> None:
    """Remove an order for good."""
    del shop.orders[order.id]
    if order.customer:
        del order.customer.orders[order.id]
    announce("orders/delete", lambda: {"id": order.id})
    customers.tell_summary(shop, order.customer, at, announce)


def _buyer(shop: Shop, number: int | None, at: datetime, announce: Announce) -> Customer | None:
    if number is None:
        return None
    while number in shop.merged:
        number = shop.merged[number]
    return shop.customers.get(number) or customers.create(shop, at, announce, number)


def _line(shop: Shop, new: NewLine) -> LineItem:
    return LineItem(
        id=next(shop.numbers),
        title=new.title,
        quantity=new.quantity,
        current_quantity=new.quantity,
        total=new.total,
        current_total=new.total,
        gift_card=new.gift_card,
        product_id=new.product_id,
        discount=new.discount,
    )


def _touch(order: Order, at: datetime) -> None:
    order.updated_at = max(order.updated_at, customers.whole_second(at))
