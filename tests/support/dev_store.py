"""A development store as a process of its own, for tests that talk to it over HTTP."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from dev_store.client import DevStoreClient

CLIENT_ID = "dev-client-id"
CLIENT_SECRET = "a-client-secret-of-more-than-32-bytes!"
START_UP = 20.0


class DevStoreProcess:
    """`with DevStoreProcess(shops=["demo"]) as store:` starts one on a free port and stops it afterwards."""

    def __init__(
        self,
        *,
        app_url: str = "http://127.0.0.1:9",
        client_id: str = CLIENT_ID,
        client_secret: str = CLIENT_SECRET,
        app_file: Path | None = None,
        clock_file: Path | None = None,
        shops: tuple[str, ...] | list[str] = (),
        plan: str = "standard",
        delivery_threads: int = 8,
        retry_base: float = 0.2,
        port: int | None = None,
    ) -> None:
        self.client_id, self.client_secret = client_id, client_secret
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._arguments = [
            *("--port", str(self.port), "--app-url", app_url, "--client-id", client_id, "--plan", plan),
            *("--delivery-threads", str(delivery_threads), "--retry-base", str(retry_base)),
            *(("--app-file", str(app_file)) if app_file else ()),
            *(("--clock-file", str(clock_file)) if clock_file else ()),
            *(option for shop in shops for option in ("--shop", shop)),
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self.client = DevStoreClient(self.url)

    def __enter__(self) -> Self:
        environment = {k: v for k, v in os.environ.items() if k not in {"CLOCK_FILE", "ENVIRONMENT"}}
        environment["DEV_STORE_CLIENT_SECRET"] = self.client_secret
        self._process = subprocess.Popen([sys.executable, "-m", "dev_store", *self._arguments], env=environment)
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The master process."""
        assert self._process
        return self._process.pid

    def stop(self) -> None:
        """End the process the polite way, and the other way if it does not listen."""
        self.client.close()
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def shopify(self, **options: object) -> httpx.Client:
        """A client that reaches Shopify's hosts here: the address is rerouted, the Host header is kept."""
        return httpx.Client(transport=Rerouted(self.port), **options)  # type: ignore[arg-type]

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + START_UP
        while time.monotonic() < end:
            if self._process and self._process.poll() is not None:
                raise RuntimeError(f"The development store ended with {self._process.returncode}")
            try:
                self.client.health()
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"The development store did not answer within {START_UP} s")


class Rerouted(httpx.HTTPTransport):
    """Sends every request to one port of this machine, Host header unchanged."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return super().handle_request(request)


def free_port() -> int:
    """A port nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
