"""A web server that takes the place of the app in tests of the admin: pages of a strict policy, and what was asked."""

from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.support.served import Quiet, Served

NONCE = "0123456789abcdef"
POLICY = f"default-src 'none'; script-src 'nonce-{NONCE}'; connect-src 'self'; base-uri 'none'; object-src 'none'"


class FramedPages(Served):
    """`with FramedPages({"/app": "<s-page>..."}) as app:` serves them; `app.store_url` says where the stand-ins are."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        self.pages = pages
        self.store_url = ""
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        super().__init__(self._handler())

    def last_query(self, path: str) -> dict[str, list[str]]:
        """The parameters `path` was last asked for with."""
        return [query for asked, query in self.asked if asked == path][-1]

    def _document(self, path: str) -> str:
        scripts = "".join(
            f'<script nonce="{NONCE}" src="{self.store_url}/static/{name}.js"></script>'
            for name in ("app-bridge", "polaris-1")
        )
        head = f'<meta charset="utf-8"><title>App</title>{scripts}'
        return f'<!doctype html><html lang="en"><head>{head}</head><body>{self.pages[path]}</body></html>'

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        pages = self

        class Handler(Quiet, BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = urlsplit(self.path)
                pages.asked.append((address.path, parse_qs(address.query)))
                known = address.path in pages.pages
                body = pages._document(address.path).encode() if known else b"Not there"
                self.send_response(200 if known else 404)
                self.send_header("Content-Type", "text/html" if known else "text/plain")
                self.send_header("Content-Security-Policy", f"{POLICY}; frame-ancestors {pages.store_url}")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler
