"""The one kept-alive HTTP client of a process. In development its connections end at the development store."""

from functools import cache
from urllib.parse import urlsplit

import httpx

from plugin import config

# Shopify's own hosts: the shops, and where bulk results and staged uploads live.
SHOPIFY_HOSTS = (".myshopify.com", "shopify-staged-uploads.storage.googleapis.com")


class DevelopmentStore(httpx.HTTPTransport):
    """Connects to the development store whatever host is asked for; the Host header keeps Shopify's name.

    Any other host is refused, so that no development set-up ever calls the outside.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = urlsplit(url)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` to the development store."""
        if not request.url.host.endswith(SHOPIFY_HOSTS):
            raise httpx.ConnectError(f"Not one of Shopify's hosts: {request.url.host}", request=request)
        request.url = request.url.copy_with(scheme=self._url.scheme, host=self._url.hostname, port=self._url.port)
        return super().handle_request(request)


@cache
def client() -> httpx.Client:
    """The process's client: 3 s to connect, 20 s for an answer (Shopify gives up on a query after about that)."""
    shopify_url = config.current().shopify_url
    return httpx.Client(
        transport=DevelopmentStore(shopify_url) if shopify_url else httpx.HTTPTransport(),
        timeout=httpx.Timeout(20, connect=3),
        headers={"User-Agent": "Regulars"},
    )
