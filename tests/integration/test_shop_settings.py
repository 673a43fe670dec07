"""What a merchant decided: set key by key, refused where it cannot be, absent where it is as it always was."""

from typing import Any

import pytest

from plugin.db import session as db
from plugin.shop import shop_settings, shops
from plugin.shop.shop_settings import COUNTED_STATUSES, ShopSettings, Unacceptable
from tests.support.shop import make_shop

pytestmark = pytest.mark.usefixtures("settings")


def change(shop_id: int, **values: Any) -> frozenset[str]:
    with db.write() as session:
        return shop_settings.change(session, shop_id, **values)


def stored(shop_id: int) -> dict[str, Any]:
    with db.read() as session:
        return shops.get(session, shop_id).settings


def test_what_was_set_is_read_again() -> None:
    shop_id = make_shop()
    wanted = {
        "counted_statuses": frozenset({"paid", "pending"}),
        "spend_is_total": False,
        "foreign_removal": "respect",
        "promoter_field": ("custom", "nps"),
        "rfm_scale": "table",
        "tag_prefix": "vip: ",
        "brake_share": 0.5,
        "brake_least": 10,
    }

    assert change(shop_id, **wanted) == wanted.keys()
    assert ShopSettings.of(stored(shop_id)) == ShopSettings(**wanted)
    assert change(shop_id, **wanted) == set()


def test_only_what_is_otherwise_is_stored() -> None:
    shop_id = make_shop(settings={"of_a_later_version": 1})

    assert change(shop_id, spend_is_total=True, counted_statuses=frozenset(COUNTED_STATUSES)) == set()
    assert change(shop_id, spend_is_total=False, brake_least=100) == {"spend_is_total"}
    assert stored(shop_id) == {"of_a_later_version": 1, "spend_is_total": False}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("counted_statuses", frozenset()),
        ("counted_statuses", frozenset({"paid", "refunded"})),
        ("foreign_removal", "fight"),
        ("rfm_scale", "stars"),
        ("tag_prefix", "a,b"),
        ("tag_prefix", " led-by-a-space"),
        ("tag_prefix", "x" * 41),
        ("brake_share", 0.0),
        ("brake_share", 1.01),
        ("brake_least", 0),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(key: str, value: Any) -> None:
    shop_id = make_shop()

    with pytest.raises(Unacceptable) as refused:
        change(shop_id, **{"spend_is_total": False, key: value})
    assert refused.value.key == key
    assert stored(shop_id) == {}
