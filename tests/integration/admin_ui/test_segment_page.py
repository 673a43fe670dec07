"""The page of one segment, and of one to be added: every rule there is can be shown."""

import re
from datetime import timedelta

from admin_ui import rule_form
from plugin import clock
from plugin.config import Config
from plugin.db import session as db
from plugin.db.models import Customer, OrderHistory
from plugin.language import ENGLISH
from plugin.segments import catalogue
from plugin.segments.columns import Record, pack, seconds
from plugin.segments.measures import MEASURES
from plugin.standing import segment_days, segment_store
from tests.integration.admin_ui.asking import Merchant
from tests.support.installed import ON_ONE_DATABASE

pytestmark = ON_ONE_DATABASE


def sentence(html: str) -> str:
    """The rule as it reads, without what can be chosen instead."""
    rule = html[html.index('id="conditions"') : html.index('data-adds-to="conditions"')]
    fields = re.sub(r"<s-option[^>]*>.*?</s-option>", "", rule, flags=re.DOTALL)
    fields = re.sub(r'<s-(?:select|number-field|money-field|text-field)[^>]*? value="([^"]*)"[^>]*>', r" [\1] ", fields)
    return " ".join(re.sub(r"<[^>]*>", " ", fields).split())


def test_a_segment_s_rule_reads_as_a_sentence_with_fields(merchant: Merchant) -> None:
    shown = merchant.open("/app/segments/2")
    assert shown.status_code == 200
    assert '<s-page heading="Frequent">' in shown.text
    assert "placed [at_least] [3] to fewer than [] orders [days] [90] days" in sentence(shown.text)


def test_every_preset_can_be_shown_to_be_added(merchant: Merchant) -> None:
    for preset in catalogue.presets():
        shown = merchant.open("/app/segments/new", preset=preset.key)
        assert shown.status_code == 200, preset.key
        assert "\x00" not in shown.text


def test_what_a_preset_asks_to_be_filled_in_is_empty_and_asked_for(merchant: Merchant) -> None:
    preset = next(each for each in catalogue.presets() if "conditions.0.category" in each.blanks)
    shown = merchant.open("/app/segments/new", preset=preset.key).text
    assert preset.blanks["conditions.0.category"] in shown
    assert (
        'data-part="category" label="Which products, by name" labelaccessibilityvisibility="exclusive" value=""'
        in shown
    )


def test_every_measure_can_be_added_and_has_a_label(settings: Config) -> None:
    assert rule_form.LABELS.keys() == MEASURES.keys()
    found = [each.condition for each in rule_form.addable(ENGLISH)]
    assert {each.measure for each in found} == MEASURES.keys()
    assert all(each.pieces and each.comparisons for each in found)


def test_what_is_not_there_is_not_found(merchant: Merchant, other_merchant: Merchant) -> None:
    for path in ("/app/segments/40", f"/app/segments/{2**70}", "/app/segments/x"):
        assert merchant.open(path).status_code == 404
    assert merchant.open("/app/segments/new", preset="moon").status_code == 404


def test_members_are_set_beside_the_whole_store(merchant: Merchant) -> None:
    now, shop_id = clock.now(), merchant.shop_id
    for number, spend in ((1, 30_000), (2, 10_000), (3, 20_000)):
        history = pack([Record(number, spend, seconds(now) - 86_400, 1)])
        merchant.add(
            Customer(shop_id=shop_id, customer_id=number, wanted_tags=4 if number == 1 else 0),
            OrderHistory(shop_id=shop_id, customer_id=number, history=history),
        )
    segment_days.count(shop_id, now - timedelta(days=1))
    segment_days.count(shop_id, now)
    shown = merchant.open("/app/segments/2").text
    assert "A member spent $300.00 on average: 1.5 times the $200.00 of any customer." in shown
    assert "50.0% of your revenue" in shown
    assert "33.3% of all" in shown


def test_an_off_segment_and_one_that_waits_say_so(merchant: Merchant) -> None:
    with db.write() as session:
        segment_store.switch(session, merchant.shop_id, 2, False, clock.now())
    assert 'label="Switched on"  data-address' in merchant.open("/app/segments/2").text
    vip = next(each for each in catalogue.presets() if each.key == "vip").definition()
    merchant.save([*merchant.segments(), vip])
    assert "begins when 100 customers have bought" in merchant.open("/app/segments/6").text


def test_a_condition_to_add_comes_when_it_is_asked_for(merchant: Merchant) -> None:
    for each in rule_form.addable(ENGLISH):
        answer = merchant.get(f"/app/api/conditions/{each.key}")
        assert f'data-measure="{each.condition.measure}"' in answer.get_json().get("html", answer.text)
    assert merchant.get("/app/api/conditions/moon").status_code == 404
    named = merchant.get("/app/api/countries").get_json()["countries"]
    assert {"value": "CA", "text": "Canada"} in named


def test_the_page_is_light(merchant: Merchant) -> None:
    assert len(merchant.open("/app/segments/2").data) < 40_000
