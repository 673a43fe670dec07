"""Sends one email by SMTP, if the installation has a server for it (SMTP_URL). Called by workers.send_warnings.

Neither addresses nor texts are logged, and what is raised names neither.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid
from urllib.parse import unquote, urlsplit

from plugin import config

TIMEOUT_SECONDS = 15
PORTS = {"smtp": 587, "smtps": 465}
# From here on an answer of the server means: do not try again.
FOR_GOOD = 500


class NotSent(Exception):
    """The message did not go out; `for_good`: asking again would end the same."""

    def __init__(self, reason: str, *, for_good: bool) -> None:
        super().__init__(reason)
        self.for_good = for_good


def is_possible() -> bool:
    """Whether this installation sends mail at all."""
    return config.current().smtp_url is not None


def send(recipient: str, subject: str, text: str, at: datetime) -> None:
    """Send a plain text; NotSent if the server did not take it."""
    settings = config.current()
    message = EmailMessage()
    message["From"] = formataddr((settings.operator_name, settings.smtp_from))
    message["To"], message["Subject"] = recipient, subject
    message["Date"], message["Message-ID"] = (
        format_datetime(at),
        make_msgid(domain=settings.smtp_from.partition("@")[2]),
    )
    # So that nobody's holiday notice answers a machine.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    try:
        with _connected(settings.smtp_url or "") as server:
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as refused:
        code = max(code for code, _ in refused.recipients.values())
        raise NotSent("the recipient was refused", for_good=code >= FOR_GOOD) from None
    except smtplib.SMTPException as error:
        raise NotSent(type(error).__name__, for_good=False) from None
    except OSError as error:
        raise NotSent(type(error).__name__, for_good=False) from None


@contextmanager
def _connected(address: str) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted where the server can, and in any case before a password is told."""
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    secure = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=secure)
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and (parts.username or server.has_extn("starttls")):
            server.starttls(context=secure)
            server.ehlo()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server
