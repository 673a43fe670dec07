"""The person a shop wants warned gets an email when something needs a decision: once a day at most, in their words."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugin import clock, config, mail, runs
from plugin.db import session as db
from plugin.db.models import InboxEvent, Run, Shop, ShopWarning
from plugin.language import Language
from plugin.shop import person_to_warn, shops, tokens, warning_words, warnings
from tests.conftest import start
from tests.support import mail_server, stored
from tests.support.mail_server import MailServer
from tests.support.shop import make_shop
from workers import send_warnings, sweep, watch_shops

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PERSON = "anna@regular-people.org"


@pytest.fixture
def post(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server the app is told of."""
    with mail_server.running() as server:
        monkeypatch.setenv("SMTP_URL", server.url)
        start()
        yield server


@pytest.fixture
def shop_id(post: MailServer, set_clock: Callable[[datetime], None]) -> int:
    """A shop with a person to warn."""
    set_clock(NOW)
    made = make_shop()
    with db.write() as session:
        assert person_to_warn.choose(shops.get(session, made), PERSON, "de-DE")
    return made


def row(shop_id: int, kind: str) -> ShopWarning:
    with db.read() as session:
        return session.get_one(ShopWarning, (shop_id, kind))


def change(shop_id: int, **columns: Any) -> None:
    with db.write() as session:
        for name, value in columns.items():
            setattr(shops.get(session, shop_id), name, value)


def look(shop_id: int) -> None:
    """An hour has struck."""
    watch_shops.watch_shops()
    send_warnings.send_warnings(shop_id)


def test_the_person_is_written_to_in_their_language(shop_id: int, post: MailServer) -> None:
    warnings.send(shop_id, warnings.BRAKE)
    send_warnings.send_warnings(shop_id)

    (letter,) = post.received
    assert (letter["To"], letter["From"]) == (PERSON, "Regular People Ltd <help@regular-people.org>")
    assert letter["Auto-Submitted"] == "auto-generated"
    with db.read() as session:
        said = warning_words.letter(shops.get(session, shop_id), warnings.BRAKE, Language("de-DE"))
    assert (letter["Subject"], letter.get_content().replace("\r\n", "\n")) == said
    assert "https://demo.myshopify.com/admin/apps/client-id" in letter.get_content()


def test_of_one_kind_there_is_one_letter_a_day(
    shop_id: int, post: MailServer, set_clock: Callable[[datetime], None]
) -> None:
    for minutes in (0, 1, 60, 23 * 60 + 59):
        set_clock(NOW + timedelta(minutes=minutes))
        warnings.send(shop_id, warnings.BRAKE)
        send_warnings.send_warnings(shop_id)
    assert len(post.received) == 1
    warnings.send(shop_id, warnings.TAGS)
    send_warnings.send_warnings(shop_id)
    set_clock(NOW + timedelta(days=1))
    warnings.send(shop_id, warnings.BRAKE)
    send_warnings.send_warnings(shop_id)
    assert len(post.received) == 3


def test_what_the_server_does_not_take_is_tried_again(
    shop_id: int, post: MailServer, set_clock: Callable[[datetime], None]
) -> None:
    post.refusal = "451 Later"
    warnings.send(shop_id, warnings.IMPORT)
    send_warnings.send_warnings(shop_id)
    send_warnings.send_warnings(shop_id)
    assert (post.attempts, post.received) == (1, [])
    with db.read() as session:
        assert warnings.undelivered(session, shop_id)
        assert warnings.shops_waiting(session, NOW) == []
        assert warnings.shops_waiting(session, NOW + warnings.RETRY_AFTER) == [shop_id]
    post.refusal = ""
    set_clock(NOW + warnings.RETRY_AFTER)
    sweep.sweep()
    send_warnings.send_warnings(shop_id)
    assert len(post.received) == 1
    with db.read() as session:
        assert not warnings.undelivered(session, shop_id)


@pytest.mark.parametrize(("refusal", "attempts"), [("550 Nobody here", 1), ("451 Later", warnings.MOST_TRIES)])
def test_trying_ends(
    shop_id: int, post: MailServer, set_clock: Callable[[datetime], None], refusal: str, attempts: int
) -> None:
    post.refusal = refusal
    warnings.send(shop_id, warnings.IMPORT)
    for number in range(20):
        set_clock(NOW + number * warnings.RETRY_AFTER)
        send_warnings.send_warnings(shop_id)
    assert post.attempts == attempts
    assert row(shop_id, warnings.IMPORT).error == "the recipient was refused"


def test_a_server_that_is_down_is_asked_again(shop_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    config.load()
    warnings.send(shop_id, warnings.TAGS)
    send_warnings.send_warnings(shop_id)
    assert (row(shop_id, warnings.TAGS).error, row(shop_id, warnings.TAGS).due_at) == (
        "ConnectionRefusedError",
        NOW + warnings.RETRY_AFTER,
    )


def test_a_password_is_told_to_nobody_without_tls(
    shop_id: int, post: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_URL", post.url.replace("smtp://", "smtp://user:secret@"))
    config.load()
    with pytest.raises(mail.NotSent):
        mail.send(PERSON, "Subject", "Text", NOW)
    assert "secret" not in repr(config.current())
    assert post.attempts == 0


def make_trouble(shop_id: int) -> None:
    now = clock.now()
    failed = {"topic": "orders/create", "triggered_at": now, "received_at": now, "failed_at": now}
    past = {"created_at": now, "position": {}}
    with db.write() as session:
        session.add(InboxEvent(shop_id=shop_id, webhook_id="1", **failed))
        session.add(Run(shop_id=shop_id, kind=runs.IMPORT, state=runs.FAILED, finished_at=now, **past))
        session.add(Run(shop_id=shop_id, kind=runs.REFRESH, state="waiting", **past))


def test_trouble_is_seen_within_the_hour_and_mentioned_again_after_a_week(
    shop_id: int, post: MailServer, set_clock: Callable[[datetime], None]
) -> None:
    look(shop_id)
    assert post.received == []
    make_trouble(shop_id)
    for hours in range(0, 24 * 9, 6):
        set_clock(NOW + timedelta(hours=hours))
        look(shop_id)
        assert len(post.received) == (3 if hours < 24 * 7 else 6)


def test_a_store_that_cannot_be_reached_is_mentioned_after_a_day(
    shop_id: int, post: MailServer, set_clock: Callable[[datetime], None]
) -> None:
    for hours, error in ((0, "401"), (23, None), (24, "401"), (47, "401")):
        set_clock(NOW + timedelta(hours=hours))
        change(shop_id, token_error=error)
        look(shop_id)
    assert post.received == []
    set_clock(NOW + timedelta(hours=48))
    look(shop_id)
    assert len(post.received) == 1


def test_nobody_is_written_to_where_nobody_is_named_or_no_mail_is_sent(
    shop_id: int, post: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_trouble(shop_id)
    monkeypatch.delenv("SMTP_URL")
    config.load()
    look(shop_id)
    warnings.send(shop_id, warnings.BRAKE)
    monkeypatch.setenv("SMTP_URL", post.url)
    config.load()
    with db.write() as session:
        person_to_warn.choose(shops.get(session, shop_id), "", "en-US")
    look(shop_id)
    warnings.send(shop_id, warnings.BRAKE)
    look(shop_id)
    assert post.attempts == 0


def test_the_address_is_neither_readable_in_the_database_nor_in_the_log(
    shop_id: int, post: MailServer, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    post.refusal = "550 Nobody here"
    warnings.send(shop_id, warnings.BRAKE)
    send_warnings.send_warnings(shop_id)
    assert PERSON not in str(stored.everything())
    told = capsys.readouterr()
    ours = [record.getMessage() for record in caplog.records if record.name != "mail.log"]
    assert PERSON not in " ".join([*ours, told.out, told.err])
    with db.write() as session:
        assert tokens.reencrypt(session)[0] == 1
        person = person_to_warn.of(session.get_one(Shop, shop_id))
    assert person is not None
    assert (person.address, PERSON in repr(person)) == (PERSON, False)


def test_a_process_that_dies_over_a_letter_writes_no_second_one(
    shop_id: int, post: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = mail.send

    def send_and_die(*arguments: Any) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    warnings.send(shop_id, warnings.BRAKE)
    monkeypatch.setattr(mail, "send", send_and_die)
    with pytest.raises(KeyboardInterrupt):
        send_warnings.send_warnings(shop_id)
    monkeypatch.setattr(mail, "send", real)
    warnings.send(shop_id, warnings.BRAKE)
    send_warnings.send_warnings(shop_id)
    assert len(post.received) == 1
