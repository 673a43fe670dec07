"""What merchants are told when Shopify refuses or fails us: every kind of failure has its own words and owner."""

import pytest
from flask.testing import FlaskClient

from admin_ui import troubles
from plugin import clock, config
from plugin.config import Config
from plugin.db.models import Customer
from plugin.shopify import errors
from plugin.shopify.errors import Owner, ShopifyError
from tests.integration.admin_ui.asking import Merchant

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# These end a single call or opening and are never what a shop's row remembers.
NOT_REMEMBERED = {
    errors.Paused,
    errors.Uninstalled,
    errors.UserErrors,
    errors.OperationInProgress,
    errors.InvalidSubjectToken,
    errors.CodeRefused,
}
TROUBLES = [pytest.param(kind, id=kind.__name__) for kind in troubles.TROUBLES]


def kinds(of: type[ShopifyError] = ShopifyError) -> set[type[ShopifyError]]:
    found = set(of.__subclasses__())
    return found.union(*(kinds(each) for each in found))


def problems(merchant: Merchant) -> list[dict[str, object]]:
    return merchant.get("/app/api/status").get_json()["problems"]


def test_every_kind_of_failure_has_its_words(settings: Config) -> None:
    assert set(troubles.TROUBLES) == set(ShopifyError.__subclasses__()) - NOT_REMEMBERED
    assert all(troubles.by_name(kind.__name__) for kind in kinds() - NOT_REMEMBERED)
    assert len({troubles.about(kind) for kind in troubles.TROUBLES}) == len(troubles.TROUBLES)
    assert set(troubles.WHEN_OPENING) <= set(troubles.TROUBLES)


@pytest.mark.parametrize("kind", TROUBLES)
def test_what_only_the_operator_can_mend_names_whom_to_write_to(settings: Config, kind: type[ShopifyError]) -> None:
    address = config.current().support_email
    for _, text in (troubles.about(kind), troubles.when_opening(kind)):
        assert (address in text) == (kind.owner is Owner.OPERATOR)


@pytest.mark.parametrize("kind", TROUBLES)
def test_a_shop_in_trouble_is_told_on_the_page(merchant: Merchant, kind: type[ShopifyError]) -> None:
    merchant.set_shop(trouble=kind.__name__, api_error="403 from 198.51.100.7")
    heading, text = troubles.about(kind)
    assert problems(merchant) == [{"heading": heading, "text": text, "scopes": []}]
    assert "198.51.100.7" not in str(problems(merchant))


def test_a_kind_that_is_no_longer_known_still_has_words(merchant: Merchant) -> None:
    merchant.set_shop(trouble="SomethingElse", api_error="x")
    assert problems(merchant)[0]["heading"] == "Shopify refuses to answer Regulars for now"


def test_work_that_waits_for_a_person_is_not_shown_as_progress(merchant: Merchant) -> None:
    merchant.add(Customer(shop_id=merchant.shop_id, customer_id=1, wanted_tags=1))
    later = clock.now().replace(year=2100)
    merchant.set_shop(trouble="ShopFrozen", api_error="402", paused_until=later)
    status = merchant.get("/app/api/status").get_json()
    assert (status["busy"], status["summary"]) == (False, "Paused: one customer waits for their tags")


def test_a_missing_permission_can_be_asked_for_and_is_said_once(merchant: Merchant) -> None:
    merchant.set_shop(scopes="write_customers", trouble="AccessDenied", api_error="x")
    [problem] = problems(merchant)
    assert problem["scopes"] == ["read_orders"]
    assert problem["heading"] == "Regulars lacks a permission it cannot work without"


@pytest.mark.parametrize("kind", [*TROUBLES, errors.UserErrors])
def test_an_opening_that_fails_says_what_to_do(settings: Config, kind: type[ShopifyError]) -> None:
    heading, text = troubles.when_opening(kind)
    assert heading
    assert text.startswith("Nothing is lost. ")


def test_shopify_not_answering_an_opening_is_a_calm_page(client: FlaskClient, merchant: Merchant) -> None:
    answer = Merchant(client, "stranger.myshopify.com", 0).open()
    assert answer.status_code == 503
    assert "Shopify does not answer at the moment" in answer.text
    assert "Reload this page in a minute." in answer.text
