"""A web server that answers what a test wrote down, for answers the development store never gives."""

import json
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.served import Quiet, Served


class ScriptedShop(Served):
    """`with ScriptedShop(b"...", {...}) as shop:` gives these answers in turn, the last one for ever.

    It closes each connection when one request more than `a_connection` comes, without a word.
    """

    def __init__(self, *answers: Any, status: int = 200, a_connection: int = 1_000) -> None:
        self._status, self._a_connection = status, a_connection
        self._answers = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in answers]
        self.requests: list[dict[str, Any]] = []
        self.connections = 0
        super().__init__(self._handler())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        shop = self

        class Handler(Quiet, BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                shop.connections += 1
                self.answered = 0
                super().setup()

            def do_POST(self) -> None:
                if self.answered == shop._a_connection:
                    self.close_connection = True
                    return
                self.answered += 1
                shop.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                body = shop._answers.pop(0) if len(shop._answers) > 1 else shop._answers[0]
                self.send_response(shop._status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler
