"""axe-core 4.14.1, which `make test` fetches, run in a page: what somebody could not see, hear or reach there."""

from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Frame

PATH = Path(__file__).parents[2] / ".cache" / "axe_4.14.1.js"
# Rules about whole documents: the app is the content of a frame, and the admin around it has the landmarks.
OFF = ("region", "landmark-one-main")
RUN = """off => axe.run(document, {
    resultTypes: ["violations"], rules: Object.fromEntries(off.map(id => [id, {enabled: false}]))
  }).then(({violations}) => violations.flatMap(
    rule => rule.nodes.map(node => `${rule.id}: ${rule.help}: ${node.html}`)
))"""


def violations(frame: Frame) -> list[str]:
    """What is wrong with the page in this frame, one line each; empty if nothing is."""
    frame.evaluate(_script())
    found: list[str] = frame.evaluate(RUN, list(OFF))
    return found


@cache
def _script() -> str:
    if not PATH.exists():
        pytest.fail("No axe-core here: run make test, which fetches it")
    return PATH.read_text()
