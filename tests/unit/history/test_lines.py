"""What each product of an order is worth to whoever asks for a category: the shares of an order's spend."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from plugin.history import lines
from plugin.schemas.facts import LineFacts


def line(product: int | None, price: int, quantity: int = 1, left: int | None = None, gift: bool = False) -> LineFacts:
    return LineFacts(product, quantity, quantity if left is None else left, gift, price)


@st.composite
def any_lines(draw: st.DrawFn) -> list[LineFacts]:
    quantity = st.integers(0, 5)
    return draw(
        st.lists(
            st.builds(
                LineFacts, st.sampled_from((None, 1, 2, 3)), quantity, quantity, st.booleans(), st.integers(-5, 999)
            ),
            max_size=6,
        )
    )


def test_one_product_bears_all_of_the_order_shipping_and_tax_included():
    assert lines.shares([line(7, 1000, quantity=4)], 1350) == [(7, 4, 1350)]


def test_products_share_in_proportion_to_what_their_units_cost_after_discounts():
    assert lines.shares([line(7, 3000), line(8, 1000)], 2000) == [(7, 1, 1500), (8, 1, 500)]


def test_what_was_returned_has_no_units_and_no_share():
    bought = [line(7, 3000, quantity=3, left=1), line(8, 1000, left=0), line(9, 1000)]
    assert lines.shares(bought, 2000) == [(7, 1, 1000), (9, 1, 1000)]


def test_two_lines_of_a_product_are_one():
    assert lines.shares([line(7, 500), line(7, 700, quantity=2)], 1200) == [(7, 3, 1200)]


def test_gift_cards_have_a_share_and_no_units():
    assert lines.shares([line(7, 500, gift=True), line(8, 500)], 1000) == [(7, 0, 500), (8, 1, 500)]


def test_what_is_no_product_takes_its_share_along():
    assert lines.shares([line(None, 600), line(8, 200)], 400) == [(8, 1, 100)]


def test_what_was_given_away_is_bought_for_nothing():
    assert lines.shares([line(7, 0), line(8, 200)], 200) == [(7, 1, 0), (8, 1, 200)]
    assert lines.shares([line(7, 0)], 500) == [(7, 1, 0)]


@given(bought=any_lines(), spend=st.integers(-10, 10**6), data=st.data())
def test_shares_are_the_spend_to_the_cent_whatever_order_the_lines_come_in(bought, spend, data):
    found = lines.shares(bought, spend)
    assert found == lines.shares(data.draw(st.permutations(bought)), spend)
    assert all(0 <= share <= max(spend, 0) for _, _, share in found)
    of_products = all(each.product_id for each in bought)
    if of_products and any(
        each.price > 0 and each.left > 0 and each.price * each.left >= each.quantity for each in bought
    ):
        assert sum(share for _, _, share in found) == max(spend, 0)


@given(bought=any_lines(), spend=st.integers(0, 10**6))
def test_a_share_is_within_a_cent_of_the_exact_part(bought, spend):
    values: dict[int | None, int] = {}
    for each in bought:
        if each.left > 0:
            value = max(0, each.price) * each.left // max(each.quantity, each.left)
            values[each.product_id] = values.get(each.product_id, 0) + value
    whole = sum(values.values())
    for product, _, share in lines.shares(bought, spend):
        exact = Fraction(spend * values[product], whole) if whole else Fraction(0)
        assert abs(share - exact) < 1
