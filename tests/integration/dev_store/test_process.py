"""The development store as a process: it refuses production, stops when told, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from dev_store.access import AppCredentials
from dev_store.server import ProductionRefused, create_app
from dev_store.store import Settings
from tests.support.dev_store import DevStoreProcess, free_port

SETTINGS = Settings("http://127.0.0.1:9", AppCredentials("id", "secret"))
OPTIONS = ["--app-url", "http://127.0.0.1:9", "--client-id", "id"]


def test_it_does_not_start_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    with pytest.raises(ProductionRefused):
        create_app(SETTINGS)


def test_the_command_does_not_start_in_production_either() -> None:
    environment = os.environ | {"ENVIRONMENT": "production", "DEV_STORE_CLIENT_SECRET": "secret"}
    command = [sys.executable, "-m", "dev_store", "--port", str(free_port()), *OPTIONS]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode != 0
    assert "ENVIRONMENT=production" in ended.stderr


def test_without_the_secret_it_says_what_to_set() -> None:
    environment = {k: v for k, v in os.environ.items() if k != "DEV_STORE_CLIENT_SECRET"}
    command = [sys.executable, "-m", "dev_store", "--port", "1", *OPTIONS]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 2
    assert "DEV_STORE_CLIENT_SECRET" in ended.stderr


def test_told_to_stop_it_ends_and_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with DevStoreProcess(shops=["demo"]) as store:
        assert [shop["handle"] for shop in store.client.shops()] == ["demo"]
        assert list(tmp_path.glob("dev-store-*"))
    assert not list(tmp_path.glob("dev-store-*"))
    assert not answers(store.url)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the worker with its master")
def test_killed_outright_it_leaves_no_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with DevStoreProcess() as store:
        os.kill(store.pid, signal.SIGKILL)
        end = time.monotonic() + 5
        while answers(store.url) and time.monotonic() < end:
            time.sleep(0.05)
        assert not answers(store.url)


def test_its_connections_stay_open(store: DevStoreProcess) -> None:
    with httpx.Client() as client:
        used = {client.get(f"{store.url}/dev/health").extensions["network_stream"] for _ in range(3)}
    assert len({id(stream) for stream in used}) == 1


@pytest.mark.parametrize("path", ["/dev/shops/slow/customers", "/admin/api/2026-10/graphql.json", "/nowhere"])
def test_its_connections_stay_open_when_an_answer_needs_nothing_of_what_was_sent(store: DevStoreProcess, path) -> None:
    if "slow" not in [shop["handle"] for shop in store.client.shops()]:
        store.client.create_shop("slow")
    connection = HTTPConnection("127.0.0.1", store.port, timeout=5)
    connection.connect()
    connection.auto_open = 0
    for _ in range(3):
        connection.putrequest("POST", path, skip_host=True)
        connection.putheader("Host", "slow.myshopify.com")
        connection.putheader("Content-Length", "2")
        connection.endheaders()
        time.sleep(0.05)  # the body comes late, as on a busy machine
        connection.send(b"{}")
        assert connection.getresponse().read()
    connection.close()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/dev/health", timeout=1).is_success
    except httpx.TransportError:
        return False
