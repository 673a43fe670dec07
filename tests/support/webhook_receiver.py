"""A web server that takes the place of the app in tests of webhook deliveries: keeps what it got, answers as told."""

import json
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.served import Quiet, Served


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def topic(self) -> str:
        return self.headers["x-shopify-topic"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class WebhookReceiver(Served):
    """`with WebhookReceiver() as app:` listens on a free port; `app.answers` are statuses for the next deliveries."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[int] = []
        super().__init__(self._handler())

    def topics(self, shop: str) -> list[str]:
        """The topics received for one shop, in the order they arrived."""
        return [each.topic for each in self.of(shop)]

    def of(self, shop: str, topic: str | None = None) -> list[Received]:
        """What arrived for one shop, of one topic or all."""
        domain = f"{shop}.myshopify.com"
        found = [each for each in list(self.received) if each.headers["x-shopify-shop-domain"] == domain]
        return [each for each in found if topic in {None, each.topic}]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(Quiet, BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(self.path, headers, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

        return Handler
