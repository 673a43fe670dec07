"""No statement reaches other shops' rows by an oversight: what does not say which shop is refused before it runs."""

import pytest
from sqlalchemy import and_, case, delete, exists, func, insert, literal, not_, or_, select, true, tuple_, union, update
from sqlalchemy.orm import aliased

from plugin.db import session as db
from plugin.db.models import Base, Customer, Movement, Order, OrderHistory, Shop
from plugin.db.scope import ALL_SHOPS, Unscoped
from tests.support import shop as shops
from tests.support.installed import ON_ONE_DATABASE

pytestmark = ON_ONE_DATABASE

C, Ord, H = Customer, Order, OrderHistory
c = Customer.__table__.c
Other, Third = aliased(Customer), aliased(Customer)
mine, theirs = C.shop_id == 1, Ord.shop_id == 1
same_customer = (Ord.shop_id == C.shop_id) & (Ord.customer_id == C.customer_id)
inner = select(C.customer_id).where(mine)
everybody = select(C.shop_id, C.customer_id).subquery()
my_people = select(C.shop_id, C.customer_id).where(mine).subquery()
all_as_cte = select(C.shop_id, C.customer_id).cte("found")
mine_as_cte = select(C.shop_id, C.customer_id).where(mine).cte("found")
my_order = select(Ord.order_id).where(theirs)

REFUSED = {
    "all rows": select(C),
    "columns": select(C.customer_id).where(C.customer_id == 7),
    "a count": select(func.count()).select_from(C),
    "either of two": select(C).where(or_(mine, C.customer_id == 7)),
    "not this one": select(C).where(not_(mine)),
    "not this one, with more": select(C).where(~and_(mine, C.customer_id == 7)),
    "any but": select(C).where(C.shop_id != 1),
    "the later ones": select(C).where(C.shop_id > 0),
    "the column with itself": select(C).where(C.shop_id == C.shop_id),
    "only shown": select(C.shop_id == 1, C.customer_id),
    "only counted": select(func.sum(case((mine, 1), else_=0))),
    "only sorted by": select(C.customer_id).order_by(mine),
    "only afterwards": select(C.shop_id).group_by(C.shop_id).having(mine),
    "every shop there is": select(C).where(C.shop_id.in_(select(Shop.id))),
    "whatever shop": select(C).join(Shop, Shop.id == C.shop_id),
    "a join of equals": select(C.customer_id, Ord.order_id).join(Ord, same_customer),
    "a join with one of two": select(C.customer_id, Ord.order_id)
    .join(Ord, Ord.customer_id == C.customer_id)
    .where(mine),
    "an outer join with the wrong one": select(C.customer_id).outerjoin(Ord, same_customer & mine),
    "a full join": select(C.customer_id).outerjoin(Ord, same_customer, full=True).where(Ord.order_id == 1),
    "a join of tables": select(c.customer_id).select_from(C.__table__.join(Ord.__table__, same_customer)),
    "two side by side": select(C.customer_id, Ord.order_id).where(mine),
    "an alias": select(Other.customer_id),
    "one alias of two": select(Other, Third).where(Other.shop_id == 1, Third.customer_id == Other.customer_id),
    "an alias of a scoped table": select(C, Other).where(mine),
    "a subquery in from": select(everybody.c.customer_id),
    "a subquery scoped from outside": select(everybody).where(everybody.c.shop_id == 1),
    "a subquery of the same table": select(C).where(mine, C.customer_id.in_(select(C.customer_id))),
    "another table in a subquery": select(C).where(mine, C.customer_id.in_(select(Ord.customer_id))),
    "exists": select(literal(1)).where(exists().where(C.customer_id == 7)),
    "exists beside a scoped one": select(C).where(mine, exists().where(Ord.customer_id == C.customer_id)),
    "a scalar subquery": select(select(func.max(C.customer_id)).scalar_subquery()),
    "a cte": select(all_as_cte.c.customer_id),
    "a union": union(inner, select(C.customer_id)),
    "a union in from": select(union(inner, select(Ord.customer_id)).subquery()),
    "an update": update(C).values(wanted_tags=0),
    "an update of the wrong table": update(C).where(C.customer_id == Ord.customer_id, theirs).values(wanted_tags=0),
    "an update by a subquery": update(C).where(mine).values(wanted_tags=select(func.max(Ord.total)).scalar_subquery()),
    "a delete": delete(C).where(C.customer_id == 7),
    "a delete by keys": delete(C).where(tuple_(C.shop_id, C.customer_id).in_([(1, 7)])),
    "a delete by a subquery": delete(C).where(mine, C.customer_id.in_(select(Ord.customer_id))),
    "an insert of everything": insert(H).from_select(["shop_id"], select(H.shop_id)),
    "an insert by a subquery": insert(C).values(shop_id=1, customer_id=select(func.max(Ord.total)).scalar_subquery()),
    "an insert from its own table": insert(C).from_select(["shop_id"], select(literal(1)).where(exists(select(C)))),
    "without correlation": select(C).where(
        mine, exists(select(Ord).where(Ord.customer_id == C.customer_id, theirs).correlate(None))
    ),
}

CARRIED_OUT = {
    "one shop": select(C).where(mine),
    "the value first": select(C).where(literal(1) == C.shop_id),
    "some shops": select(C).where(C.shop_id.in_([1, 2])),
    "among other conditions": select(C).where(and_(mine, or_(C.customer_id == 7, true()))),
    "a shop itself": select(Shop).where(Shop.domain == "demo.myshopify.com"),
    "a join by the shop": select(C.customer_id, Ord.order_id).join(Ord, same_customer).where(mine),
    "a join scoped at the other end": select(C.customer_id).join(Ord, same_customer).where(theirs),
    "an outer join": select(C.customer_id, H.history).outerjoin(H, H.shop_id == C.shop_id).where(mine),
    "a join of tables": select(c.customer_id).select_from(C.__table__.join(Ord.__table__, same_customer)).where(mine),
    "a join scoped in itself": select(C.customer_id).join(Ord, same_customer & theirs),
    "an alias": select(Other.customer_id).where(Other.shop_id == 1),
    "two aliases": select(Other, Third).where(Other.shop_id == 1, Third.shop_id == Other.shop_id),
    "a chain": select(C.customer_id)
    .join(Ord, same_customer)
    .join(Movement, Movement.shop_id == Ord.shop_id)
    .where(mine),
    "a subquery in from": select(my_people.c.customer_id),
    "a join with a scoped subquery": select(Ord.order_id).join(my_people, my_people.c.shop_id == Ord.shop_id),
    "a subquery": select(C).where(mine, C.customer_id.in_(my_order)),
    "exists": select(literal(1)).where(exists().where(mine, C.customer_id == 7)),
    "exists of the row around": select(C).where(mine, exists().where(same_customer)),
    "a cte": select(mine_as_cte.c.customer_id),
    "a union": union(inner, my_order),
    "an update": update(C).where(mine).values(wanted_tags=0),
    "an update of the row around": update(C)
    .where(mine)
    .values(wanted_tags=select(func.count(Ord.order_id)).where(same_customer).scalar_subquery()),
    "a delete": delete(C).where(mine, C.customer_id == 7),
    "an insert": insert(H).values(shop_id=1, customer_id=7, history=b""),
    "an insert of what is not there": insert(H).from_select(
        ["shop_id", "customer_id", "history"],
        select(literal(1), literal(8), literal(b"")).where(~exists().where(H.shop_id == 1, H.customer_id == 8)),
    ),
}


@pytest.fixture
def shop(settings) -> int:
    return shops.make_shop()


def is_refused(statement) -> bool:
    try:
        with db.write() as session:
            session.execute(statement)
    except Unscoped:
        return True
    return False


@pytest.mark.filterwarnings("ignore:SELECT statement has a cartesian product")
def test_statements_that_do_not_say_which_shop_are_refused_each_time(shop):
    for _ in range(2):
        assert [name for name, statement in REFUSED.items() if not is_refused(statement)] == []


def test_statements_that_say_which_shop_are_carried_out(shop):
    assert [name for name, statement in CARRIED_OUT.items() if is_refused(statement)] == []


def test_rows_are_loaded_changed_and_removed_one_by_one(shop):
    with db.write() as session:
        session.add(Customer(shop_id=shop, customer_id=7))
        session.flush()
        session.expire_all()
        found = session.get_one(Customer, (shop, 7))
        found.wanted_tags = 1
        session.flush()
        session.refresh(found)
        session.delete(found)


def test_every_table_of_shops_is_watched(shop):
    watched = [table for table in Base.metadata.sorted_tables if "shop_id" in table.c]
    for table in watched:
        for statement in (select(table), select(table.c.shop_id), table.delete(), select(aliased(table))):
            assert is_refused(statement), table.name
    assert len(watched) >= 11


def test_who_means_all_shops_has_to_say_so_each_time(shop):
    everywhere = select(Customer.customer_id)
    assert not is_refused(everywhere.execution_options(**ALL_SHOPS))
    assert is_refused(everywhere)
    assert not is_refused(everywhere.execution_options(**ALL_SHOPS))
