"""stagedUploadsCreate: places for files an app is about to upload. `files` keeps them, `files_side` takes them in."""

from typing import Any

from dev_store import files
from dev_store.resolvers import Asked


def create(_: Any, asked: Asked, input: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: A002 - the argument's name
    """A target for each file; by POST only, for that is how files of variables are sent."""
    if any(each["httpMethod"] != "POST" for each in input):
        error = {"field": ["input", "httpMethod"], "message": "The development store takes uploads by POST only"}
        return {"stagedTargets": None, "userErrors": [error]}
    targets = []
    for each in input:
        upload = asked.context.files.offer(asked.context.shop, each["filename"], each["mimeType"])
        address = f"https://{files.HOST}/"
        parameters = [{"name": name, "value": value} for name, value in upload.fields.items()]
        targets.append({"url": address, "resourceUrl": address, "parameters": parameters})
    return {"stagedTargets": targets, "userErrors": []}
