"""The commands for promoters and pins: what a person types and what it answers."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result

from plugin import cli
from plugin.db import session as db
from plugin.db.models import Customer, Shop
from tests.support import shop as shops
from tests.support import stored
from tests.support.installed import ON_ONE_DATABASE, segment

pytestmark = ON_ONE_DATABASE

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ANNA, BEN = 7, 8


@pytest.fixture
def shop(set_clock) -> int:
    set_clock(NOW)
    shop_id = shops.make_shop(timezone="America/New_York", definitions=[segment("buyer"), segment("repeat", 2)])
    with db.write() as session:
        session.add_all(Customer(shop_id=shop_id, customer_id=number) for number in (ANNA, BEN))
    return shop_id


def run(*words: object) -> Result:
    return CliRunner().invoke(cli.cli, [str(word) for word in words])


def test_a_file_is_imported_and_bad_lines_are_told_apart(shop, tmp_path):
    file = tmp_path / "answers.csv"
    file.write_text(f"customer id,score,date\n{ANNA},9,2026-05-01\n99,9,2026-05-01\n{BEN},x,2026-05-01\n")
    told = run("promoters", "import", shops.DOMAIN, file)
    assert told.exit_code == 1
    assert "3 lines: 1 answers recorded, 0 older than what is known, 2 not taken." in told.stdout
    assert "Line 3: No customer of this shop has that number." in told.stderr
    report = json.loads(run("promoters", "import", shops.DOMAIN, file, "--json").stdout)
    assert [problem["line"] for problem in report["problems"]] == [3, 4]
    file.write_text(f"customer id,score,date\n{ANNA},9,2026-05-01\n")
    assert run("promoters", "import", shops.DOMAIN, file).exit_code == 0


def test_a_file_without_customers_is_refused_in_one_line(shop, tmp_path):
    file = tmp_path / "answers.csv"
    file.write_text("email,score,date\nanna@person.test,9,2026-05-01\n")
    told = run("promoters", "import", shops.DOMAIN, file)
    assert told.exit_code == 1
    assert "Email addresses are not enough" in told.stderr


def test_the_metafield_is_named_and_let_go(shop):
    assert run("promoters", "metafield", shops.DOMAIN, "custom", "nps").output == "Done.\n"
    assert run("promoters", "metafield", shops.DOMAIN, "custom", "nps").output == "It was so already.\n"
    assert run("promoters", "metafield", shops.DOMAIN, "--none").output == "Done.\n"
    assert "A key has letters" in run("promoters", "metafield", shops.DOMAIN, "custom", "n p s").output
    assert run("promoters", "metafield", shops.DOMAIN, "custom").exit_code == 2


def test_a_secret_is_printed_once_and_dropped(shop):
    told = run("promoters", "secret", shops.DOMAIN)
    assert told.output.startswith("rgl_")
    assert f"/promoters/{shops.DOMAIN}" in told.output
    assert run("promoters", "secret", shops.DOMAIN, "--drop").output == "Done.\n"
    with db.read() as session:
        assert session.get_one(Shop, shop).answers_secret is None


def test_a_customer_is_pinned_listed_and_let_go(shop):
    told = run("pin", shops.DOMAIN, ANNA, "Repeat", "--until", "2026-12-24", "--note", "A friend of the house")
    assert told.output == f"{ANNA}  in repeat until 2026-12-24 00:00  A friend of the house\n"
    assert stored.everything()["pins"][0]["until"] == datetime(2026, 12, 24, 5, tzinfo=UTC)
    assert run("pin", shops.DOMAIN, BEN, "buyer", "--out").output == f"{BEN}  out of buyer\n"
    assert run("pins", shops.DOMAIN).output.splitlines() == [told.output.strip(), f"{BEN}  out of buyer"]
    assert run("unpin", shops.DOMAIN, BEN).output == "1 taken away.\n"
    assert run("unpin", shops.DOMAIN, ANNA, "repeat").output == "1 taken away.\n"
    assert run("unpin", shops.DOMAIN, ANNA).output == "There was none.\n"


@pytest.mark.parametrize("words", [(ANNA, "nothing"), (99, "buyer"), (ANNA, "buyer", "--until", "2020-01-01")])
def test_what_cannot_be_pinned_is_said_in_one_line(shop, words):
    told = run("pin", shops.DOMAIN, *words)
    assert told.exit_code == 1
    assert len(told.output.splitlines()) == 1
