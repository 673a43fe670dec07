"""Which categories the page offers while a merchant writes a segment about products."""

from plugin import clock
from plugin.db import session as db
from plugin.db.models import Product
from tests.support.installed import ON_ONE_DATABASE
from tests.support.lined import keep_lines

pytestmark = ON_ONE_DATABASE
PLACE = "/app/api/categories"


def test_known_products_are_offered_by_the_beginning_of_their_title(merchant):
    with db.write() as session:
        keep_lines(session, merchant.shop_id, clock.now())
        for product in session.query(Product).where(Product.shop_id == merchant.shop_id):
            product.collections = {"31": "Sale", "32": "New in"}
    found = merchant.get(PLACE, query_string={"kind": "product_type", "starts": "CO"}).get_json()
    assert found == {
        "permitted": True,
        "choices": [{"kind": "product_type", "value": "coffee", "title": "coffee"}],
    }
    found = merchant.get(PLACE, query_string={"kind": "collection", "starts": "new"}).get_json()
    assert found["choices"] == [{"kind": "collection", "value": "32", "title": "New in"}]


def test_without_the_permission_nothing_is_offered_and_the_page_is_told(merchant):
    found = merchant.get(PLACE, query_string={"kind": "vendor"}).get_json()
    assert found == {"permitted": False, "choices": []}


def test_what_is_no_kind_of_category_is_refused_by_its_name(merchant):
    answer = merchant.get(PLACE, query_string={"kind": "colour"})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["kind"])
