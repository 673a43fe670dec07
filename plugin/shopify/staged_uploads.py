"""Puts a file where Shopify reads the variables of a bulk mutation from: the shop names a target, the file goes there.

Reference: https://shopify.dev/docs/api/usage/bulk-operations/imports
"""

from dataclasses import dataclass
from typing import IO

import httpx

from plugin.shopify import errors
from plugin.shopify.admin_api import AdminClient, document

MIME_TYPE = "text/jsonl"
COST = 11


@dataclass(frozen=True, slots=True)
class Target:
    """Where one file goes, and the fields that have to come with it."""

    url: str
    name: str
    fields: dict[str, str]

    @property
    def path(self) -> str:
        """What a bulk mutation finds the file by."""
        return self.fields["key"]


def target(client: AdminClient, name: str) -> Target:
    """Ask the shop for a place for a file of variables; UserErrors if it has none."""
    # PUT is Shopify's default, and nothing a bulk mutation can read comes that way.
    wanted = {"resource": "BULK_MUTATION_VARIABLES", "filename": name, "mimeType": MIME_TYPE, "httpMethod": "POST"}
    answer = client.execute(document("staged_uploads_create"), {"input": [wanted]}, cost=COST)["stagedUploadsCreate"]
    if answer["userErrors"] or not answer["stagedTargets"]:
        raise errors.UserErrors("; ".join(str(error["message"]) for error in answer["userErrors"]) or "No target")
    found = answer["stagedTargets"][0]
    return Target(found["url"], name, {each["name"]: each["value"] for each in found["parameters"]})


def send(http: httpx.Client, target: Target, content: IO[bytes]) -> None:
    """Upload a file from its beginning. ShopUnavailable if that fails for now, UserErrors if it is refused."""
    try:
        # httpx sends the fields before the file, as the storage host wants it, and the file piece by piece.
        response = http.post(target.url, data=target.fields, files={"file": (target.name, content, MIME_TYPE)})
    except httpx.HTTPError as error:
        raise errors.ShopUnavailable(f"An upload broke off: {type(error).__name__}") from error
    if response.status_code >= 500 or response.status_code == 429:
        raise errors.ShopUnavailable(f"An upload was answered {response.status_code}")
    if not response.is_success:
        raise errors.UserErrors(f"An upload was refused: {response.status_code}")
