"""Which categories a product is in, however merchants and Shopify spell them."""

import pytest

from plugin.standing.categories import Facts, Key

BEANS = Facts(7, "Coffee ", "Acme", ("Dark  Roast", "new"), ("31",))


@pytest.mark.parametrize(
    "written", ["product_type:COFFEE", "vendor: acme", "product_tag:dark roast", "collection:31", "product:7"]
)
def test_a_product_is_in_a_category_whatever_the_case_and_the_blanks(written):
    assert Key.of(written) in BEANS.in_categories()


@pytest.mark.parametrize(
    "written", ["product_type:Tea", "vendor:Coffee", "product_tag:dark", "collection:3", "product:8"]
)
def test_it_is_in_no_other(written):
    assert Key.of(written) not in BEANS.in_categories()


def test_what_is_empty_is_no_category():
    assert Facts(7, "", " ", ("",), ()).in_categories() == {Key("product", "7")}


@pytest.mark.parametrize(
    "written", ["colour:red", "product_type:", "collection:sale", "product_type", "product:\u0663"]
)
def test_what_is_no_category_is_refused(written):
    with pytest.raises(ValueError, match=r"category|number"):
        Key.of(written)


def test_a_name_that_grows_when_case_is_folded_still_fits_its_column():
    name = "\u00df" * 255
    key = Key.of(f"product_type:{name}")
    assert (len(key.value), key in Facts(7, name, "", (), ()).in_categories()) == (255, True)
