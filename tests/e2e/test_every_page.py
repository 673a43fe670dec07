"""What holds for every page: nobody is shut out, nothing runs over the edge, and it is light."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, expect

from tests.e2e.admin import Admin, Watch
from tests.e2e.conftest import DESKTOP, PHONE
from tests.support import axe

UNKNOWN_CUSTOMER = "/customers/9"
PAGES = (
    "",
    "/presets",
    "/segments/0",
    "/segments/new?preset=repeat",
    "/segments/new",
    "/settings",
    "/customers",
    "/customers/104",
    UNKNOWN_CUSTOMER,
    "/activity",
    "/data",
)
SCREENS = {"desktop": DESKTOP, "phone": PHONE}
SETTLED_MS = 1_000
WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
# The page and all that it loaded from where it came from itself, unpacked: the components come from elsewhere.
WEIGHT = """performance.getEntries()
  .filter(each => ["navigation", "resource"].includes(each.entryType) && each.name.startsWith(location.origin))
  .reduce((sum, each) => sum + each.decodedBodySize, 0)"""
HEAVIEST_PAGE = 100_000


@pytest.mark.parametrize("screen", SCREENS)
def test_every_page_is_for_everybody_fits_its_screen_and_is_light(
    shared_shop: str, visit: Callable[..., Admin], watch: Watch, screen: str
) -> None:
    watch.expect("status of 404")
    admin = visit(shared_shop, **SCREENS[screen])
    admin.wait_until_right()
    faults = []
    for path in PAGES:
        admin.page.goto(f"{admin.address}/apps/regulars/app{path}")
        expect(admin.app.get_by_role("heading", level=1)).to_be_visible()
        admin.page.wait_for_timeout(SETTLED_MS)
        faults += [f"{path or 'home'}: {fault}" for fault in faults_of(admin.page.frames[1])]
    assert not faults, "\n".join(faults)


def faults_of(frame: Frame) -> list[str]:
    content, width = frame.evaluate(WIDTHS)
    weight = frame.evaluate(WEIGHT)
    assert weight > 1_000
    too_wide = [f"{content} wide on {width}"] if content > width else []
    too_heavy = [f"{weight} bytes"] if weight > HEAVIEST_PAGE else []
    return [*axe.violations(frame), *too_wide, *too_heavy]
