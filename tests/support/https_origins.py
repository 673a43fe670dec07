"""Gives servers on this machine https addresses of the wide world, for one browser: what it asks for there comes here.

Every other name leads nowhere. The certificate is made up; a browser context has to `ignore_https_errors`.
"""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CHUNK = 64 * 1024


class HttpsOrigins:
    """`with HttpsOrigins({"app.example.test": port}, directory) as origins:` takes connections until the end."""

    def __init__(self, ports: Mapping[str, int], directory: Path) -> None:
        self._ports, self._certificate = dict(ports), directory / "certificate.pem"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._mapped: dict[str, int] = {}

    @property
    def browser_option(self) -> str:
        """How Chromium is told where these hosts are."""
        known = [f"MAP {host} 127.0.0.1:{port}" for host, port in self._mapped.items()]
        return f"--host-resolver-rules={', '.join([*known, 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1'])}"

    def __enter__(self) -> Self:
        _write_certificate(self._certificate, list(self._ports))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._certificate)
        self._thread.start()
        for host, port in self._ports.items():
            opened = asyncio.run_coroutine_threadsafe(self._listen(port, context), self._loop)
            self._mapped[host] = opened.result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self, port: int, context: ssl.SSLContext) -> int:
        async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, back = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))

        server = await asyncio.start_server(connect, "127.0.0.1", 0, ssl=context)
        heard: int = server.sockets[0].getsockname()[1]
        return heard

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # Browsers drop connections as they like: that ends a connection, and nothing else.
    with contextlib.suppress(OSError):
        while some := await reader.read(CHUNK):
            writer.write(some)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


def _write_certificate(path: Path, hosts: list[str]) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Made for one test")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    signed = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption(), serialization.Encoding.PEM
    private = key.private_bytes(plain[1], serialization.PrivateFormat.PKCS8, plain[0])
    path.write_bytes(private + signed.public_bytes(plain[1]))
