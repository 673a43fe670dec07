"""Ids made from the keys of CSV files."""

import pytest

from dev_store import ids


def test_keys_that_differ_only_in_leading_zeros_are_two_customers() -> None:
    keys = ["7", "07", "007", "70", "x7", "X7", "12345678901", "٧"]
    assert len({ids.of_customer(key) for key in keys}) == len(keys)


def test_the_same_key_is_always_the_same_number_and_fits_a_float() -> None:
    for key in ("00002", "customer-é", "1" * 40):
        assert ids.of_customer(key) == ids.of_customer(key) < 2**53
        assert ids.of_customer(key) != ids.of_order(key)


@pytest.mark.parametrize(
    "text", ["1", "gid://shopify/Customer/", "gid://shopify/Customer/1a", "gid://other/Customer/1"]
)
def test_what_is_no_global_id_is_none(text: str) -> None:
    assert ids.parse(text) is None


def test_a_global_id_reads_back_as_it_was_made() -> None:
    assert ids.parse(ids.gid("Order", 5_010_000_000_001)) == ("Order", 5_010_000_000_001)
