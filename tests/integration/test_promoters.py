"""Answers to the promoter question: the last one counts, nobody is made up, and a file loses nothing."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin import app
from plugin.db import session as db
from plugin.db.models import Customer
from plugin.history.ledger import Ledger
from plugin.schemas.facts import CustomerFacts, PromoterAnswer
from plugin.shop import shops as shop_rows
from plugin.standing import promoters
from tests.support import shop as shops
from tests.support import stored
from tests.support.installed import ON_ONE_DATABASE
from workers import drain_inbox

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ANNA, BEN, CARL, GONE = 1, 2, 3, 4
AT = [NOW - timedelta(days=days) for days in range(5)]


@pytest.fixture
def shop(set_clock) -> int:
    set_clock(NOW)
    shop_id = shops.make_shop()
    make_customers(shop_id)
    return shop_id


def make_customers(shop_id: int) -> None:
    with db.write() as session:
        session.add_all(Customer(shop_id=shop_id, customer_id=number) for number in (ANNA, BEN, CARL))
        session.add(Customer(shop_id=shop_id, customer_id=GONE, deleted_at=NOW))


def take_in(shop_id: int, *answers: tuple[int, int, datetime]) -> list[str]:
    return promoters.take_in(shop_id, [PromoterAnswer(*each) for each in answers])


def score(shop_id: int, customer: int) -> tuple[int | None, datetime | None]:
    with db.read() as session:
        found = session.get_one(Customer, (shop_id, customer))
        return found.promoter_score, found.promoter_at


def test_the_last_answer_counts_by_its_instant_and_of_equal_ones_the_later_arrival(shop):
    assert take_in(shop, (ANNA, 9, AT[1]), (ANNA, 3, AT[2]), (BEN, 5, AT[1])) == ["recorded", "older", "recorded"]
    assert score(shop, ANNA) == (9, AT[1])
    assert take_in(shop, (ANNA, 2, AT[1]), (BEN, 6, AT[0])) == ["recorded", "recorded"]
    assert (score(shop, ANNA), score(shop, BEN)) == ((2, AT[1]), (6, AT[0]))


def test_the_same_answers_again_change_nothing(shop):
    answers = [(ANNA, 9, AT[1]), (BEN, 0, AT[2])]
    first = take_in(shop, *answers)
    before = stored.everything()
    assert take_in(shop, *answers) == first
    after = stored.everything()
    for rows in (before, after):
        rows.pop("shops")  # counts what was written
    assert before == after


@ON_ONE_DATABASE
def test_strangers_and_the_deleted_are_refused_and_nobody_is_made_up(shop):
    other = shops.make_shop("other.myshopify.com")
    with db.write() as session:
        session.add(Customer(shop_id=other, customer_id=99))
    before = len(stored.everything()["customers"])
    assert take_in(shop, (99, 9, NOW), (GONE, 9, NOW), (ANNA, 9, NOW)) == ["unknown", "unknown", "recorded"]
    assert len(stored.everything()["customers"]) == before
    assert score(other, 99) == (None, None)


@ON_ONE_DATABASE
def test_more_answers_than_a_batch_are_all_taken(shop, monkeypatch):
    monkeypatch.setattr(promoters, "ANSWERS_AT_ONCE", 2)
    outcomes = take_in(shop, (ANNA, 1, AT[4]), (BEN, 2, AT[4]), (99, 3, AT[4]), (CARL, 4, AT[4]), (ANNA, 5, AT[3]))
    assert outcomes == ["recorded", "recorded", "unknown", "recorded", "recorded"]
    assert [score(shop, each)[0] for each in (ANNA, BEN, CARL)] == [5, 2, 4]


@pytest.mark.parametrize("merged_first", [True, False])
@ON_ONE_DATABASE
def test_of_merged_customers_the_last_answer_is_the_kept_ones(shop, merged_first):
    take_in(shop, (ANNA, 1, AT[4]))
    if merged_first:
        shops.merge(shop, ANNA, BEN)
    take_in(shop, (BEN, 9, AT[2]), (BEN, 4, AT[3]))
    if not merged_first:
        shops.merge(shop, ANNA, BEN)
    shops.merge(shop, CARL, ANNA)
    assert score(shop, CARL) == (9, AT[2])
    assert take_in(shop, (BEN, 8, AT[1])) == ["recorded"]
    assert score(shop, CARL) == (8, AT[1])


answers = st.lists(
    st.tuples(st.sampled_from([ANNA, BEN, CARL, 99]), st.integers(0, 10), st.sampled_from(AT)), max_size=12
)


@ON_ONE_DATABASE
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(answers, st.randoms(use_true_random=False))
def test_however_answers_are_cut_into_pieces_the_same_one_is_last(shop, given_answers, chance):
    with db.write() as session:
        for row in session.query(Customer).filter_by(shop_id=shop):
            row.promoter_score = row.promoter_at = None
    rest = list(given_answers)
    while rest:
        cut = chance.randint(1, len(rest))
        take_in(shop, *rest[:cut])
        rest = rest[cut:]
    for customer in (ANNA, BEN, CARL):
        theirs = [(at, place, value) for place, (who, value, at) in enumerate(given_answers) if who == customer]
        last = max(theirs, default=(None, 0, None))
        assert score(shop, customer) == (last[2], last[0])


def file(*lines: str) -> io.BytesIO:
    return io.BytesIO(("customer id,score,date\n" + "\n".join(lines)).encode())


def test_a_file_is_taken_in_line_by_line_and_every_bad_line_is_reported_with_its_number(shop, monkeypatch):
    monkeypatch.setattr(promoters, "ANSWERS_AT_ONCE", 2)
    bad = ["99,9,2026-05-01", "2,eleven,2026-05-01", "x,1,2026-05-01"]
    report = promoters.take_file(shop, file("1,9,2026-05-01", *bad, "3,7,2026-05-02", "1,8,2025-01-01"))
    assert (report.lines, report.recorded, report.older, report.unknown_customers, report.stopped_at) == (
        6,
        2,
        1,
        1,
        None,
    )
    assert [number for number, _ in report.problems] == [3, 4, 5]
    assert "No customer" in report.problems[0][1]
    assert [score(shop, each)[0] for each in (ANNA, BEN, CARL)] == [9, None, 7]


@ON_ONE_DATABASE
def test_days_in_a_file_are_the_shops_own(shop):
    with db.write() as session:
        shop_rows.get(session, shop).timezone = "Pacific/Auckland"
    promoters.take_file(shop, file("1,9,2026-06-01", "2,9,2026-06-02", "3,9,2026-06-03"))
    assert score(shop, ANNA)[1] == datetime(2026, 5, 31, 12, tzinfo=UTC)
    assert score(shop, BEN)[1] == NOW  # where it is the second of June already
    assert score(shop, CARL)[1] is None


@ON_ONE_DATABASE
def test_reading_stops_where_too_many_lines_were_bad_and_says_so(shop, monkeypatch):
    monkeypatch.setattr(promoters, "ANSWERS_AT_ONCE", 10)
    monkeypatch.setattr(promoters, "MOST_PROBLEMS", 25)
    report = promoters.take_file(shop, file(*["bad"] * 100, "1,9,2026-05-01"))
    assert (report.lines, len(report.problems), report.stopped_at) == (30, 30, 31)
    assert score(shop, ANNA)[0] is None


@ON_ONE_DATABASE
def test_a_customers_message_with_the_shops_metafield_counts_and_others_do_not(shop):
    with db.write() as session:
        shop_rows.get(session, shop).settings = {"promoter_field": ["custom", "nps"]}
    told = [("custom", "nps", "9", AT[1]), ("custom", "other", "1", AT[0]), ("other", "nps", "2", AT[0])]
    with db.write() as session:
        book = Ledger(session, shop)
        book.apply_customer(CustomerFacts(ANNA, AT[4], tuple(told)))
        book.apply_customer(CustomerFacts(BEN, AT[4], (("custom", "nps", {"no": "score"}, AT[1]),)))
        book.save()
    assert (score(shop, ANNA), score(shop, BEN)) == ((9, AT[1]), (None, None))


@ON_ONE_DATABASE
def test_a_message_with_metafields_comes_all_the_way(shop):
    with db.write() as session:
        shop_rows.get(session, shop).settings = {"promoter_field": ["custom", "nps"]}
    field = {"id": 1, "namespace": "custom", "key": "nps", "value": 10, "type": "number_integer"}
    customer = {"id": ANNA, "created_at": "2026-01-01T00:00:00Z", "email": "anna@person.test"}
    payload = customer | {"metafields": [field | {"updated_at": "2026-05-30T10:00:00-04:00"}]}
    assert shops.post(app.create_app().test_client(), "customers/update", payload).status_code == 200
    drain_inbox.drain_inbox(shop)
    assert score(shop, ANNA) == (10, datetime(2026, 5, 30, 14, tzinfo=UTC))
