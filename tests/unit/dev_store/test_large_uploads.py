"""Files of variables at the size Shopify allows and one byte beyond, without sending any of it."""

from pathlib import Path
from typing import Any

import pytest

from dev_store.access import AppCredentials
from dev_store.admin_api import Call
from dev_store.store import DevStore, Settings
from tests.integration.dev_store.test_bulk_mutations import ADD, RUN


@pytest.fixture
def store(tmp_path: Path) -> DevStore:
    return DevStore(Settings("http://127.0.0.1:9", AppCredentials("id", "secret"), results=tmp_path))


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (104_857_600, "Unexpected file structure - expected JSONL"),  # nothing but zeros: it was looked into
        (104_857_601, "The input file exceeds the maximum allowed size of 100 MB."),
    ],
)
def test_a_file_of_variables_may_be_a_hundred_megabytes_long(store: DevStore, size: int, message: str) -> None:
    shop = store.create_shop("demo")
    upload = store.files.offer(shop, "tags.jsonl", "text/jsonl")
    with upload.path.open("wb") as sparse:
        sparse.truncate(size)
    upload.arrived = True
    now = store.now()
    call = Call(shop, now, shop.scopes, store.bulk["demo"], store.files, store.announcer(shop, now))
    variables = {"mutation": ADD, "path": upload.key}
    answer: dict[str, Any] = store.admin.answer(call, {"query": RUN, "variables": variables})
    (error,) = answer["data"]["bulkOperationRunMutation"]["userErrors"]
    assert error == {"field": None, "message": message, "code": "INVALID_STAGED_UPLOAD_FILE"}
