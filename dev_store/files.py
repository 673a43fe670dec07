"""Files on Shopify's storage host: what bulk operations leave there, and what an app puts there for them to read.

`files_side` serves them. Times follow the shops' clock; addresses of results carry a signature that can be made void.
"""

import secrets
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from dev_store.state import Shop

HOST: Final = "shopify-staged-uploads.storage.googleapis.com"
RESULT_LIFE: Final = timedelta(days=7)
LARGEST_UPLOAD: Final = 100 * 2**20


class NotReadable(Exception):
    """The address is of no use (any more): 403 for a void signature, 404 for no such file."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class UploadRefused(Exception):
    """The fields are not those the target was given with."""


@dataclass(slots=True)
class Result:
    """One result file; whoever has its present signature may read it until it expires."""

    shop: str
    path: Path
    expires_at: datetime
    signature: str


@dataclass(slots=True)
class Upload:
    """A place offered for one file: where it goes and the fields that must come with it."""

    shop: str
    key: str
    path: Path
    fields: dict[str, str]
    arrived: bool = False


@dataclass(slots=True)
class Files:
    """Everything on the storage host."""

    directory: Path
    now: Callable[[], datetime]
    _results: dict[str, Result] = field(default_factory=dict)
    _uploads: dict[str, Upload] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def new_result(self, shop: Shop) -> Path:
        """Where a bulk operation is to write its result."""
        path = self.directory / f"{uuid.uuid4()}.jsonl"
        with self._lock:
            self._results[path.name] = Result(shop.handle, path, self.now() + RESULT_LIFE, secrets.token_hex(16))
        return path

    def signed(self, name: str | None) -> str | None:
        """A result's address as it may be read now; None for no result."""
        if name is None:
            return None
        result = self._results[name]
        return f"https://{HOST}/bulk/{name}?Expires={int(result.expires_at.timestamp())}&Signature={result.signature}"

    def check_readable(self, name: str, signature: str) -> None:
        """Raise NotReadable unless the file is there and the signature opens it."""
        result = self._results.get(name)
        if result is None or not result.path.exists():
            raise NotReadable(404)
        if not secrets.compare_digest(signature.encode(), result.signature.encode()) or self.now() >= result.expires_at:
            raise NotReadable(403)

    def expire_results(self, shop: Shop, *, gone: bool) -> None:
        """Void every address handed out so far; `gone` removes the files too, so that no new address helps."""
        with self._lock:
            for result in self._results.values():
                if result.shop == shop.handle:
                    result.signature = secrets.token_hex(16)
                    if gone:
                        result.path.unlink(missing_ok=True)

    def offer(self, shop: Shop, filename: str, mime_type: str) -> Upload:
        """A place for one file, sent by POST with these fields."""
        key = f"tmp/{shop.id}/bulk/{uuid.uuid4()}/{filename}"
        now = self.now().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        fields = {
            "Content-Type": mime_type,
            "success_action_status": "201",
            "acl": "private",
            "key": key,
            "x-goog-date": now,
            "x-goog-credential": f"merchant-assets@shopify-tiers.iam/{now[:8]}/auto/storage/goog4_request",
            "x-goog-algorithm": "GOOG4-RSA-SHA256",
            "x-goog-signature": secrets.token_hex(64),
            "policy": secrets.token_urlsafe(64),
        }
        upload = Upload(shop.handle, key, self.directory / f"{uuid.uuid4()}.upload", fields)
        with self._lock:
            self._uploads[key] = upload
        return upload

    def accept(self, fields: Mapping[str, str]) -> Upload:
        """The place a file with these fields is to go to; UploadRefused unless they are what was given out."""
        upload = self._uploads.get(fields.get("key", ""))
        if upload is None or any(fields.get(name) != value for name, value in upload.fields.items()):
            raise UploadRefused
        return upload

    def uploaded(self, shop: Shop, key: str) -> Path | None:
        """The file that arrived under this key for this shop, if one did."""
        upload = self._uploads.get(key)
        return upload.path if upload and upload.arrived and upload.shop == shop.handle else None
