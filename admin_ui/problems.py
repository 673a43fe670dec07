"""What needs attention in one shop, in plain words, most urgent first. `overview` shows it; changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from admin_ui import troubles
from plugin.db.models import Run, Shop
from plugin.segments.voice import Said, forms, message
from plugin.shopify import errors, scopes
from plugin.tagging import brake


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that needs attention. `scopes`: allowing these mends it, so the page offers to ask for them."""

    heading: str
    text: str
    scopes: tuple[str, ...] = ()


def of(shop: Shop, failed_run: Run | None, refused_tags: int, failed_deliveries: int) -> Iterator[Problem]:
    """Everything that is wrong, given what was counted."""
    missing = tuple(sorted(scopes.missing(shop.scopes)))
    if missing:
        yield Problem(MISSING_SCOPES.heading, MISSING_SCOPES.text, missing)
    yield from _trouble(shop, explained=bool(missing))
    if failed_run is not None:
        yield RUN_FAILED.get(failed_run.kind, RUN_FAILED["refresh"])
    if refused_tags:
        yield Problem(Said.plural(*REFUSED_TAGS, refused_tags), WHY_REFUSED)
    if failed_deliveries:
        yield Problem(Said.plural(*UNREAD, failed_deliveries), WHY_UNREAD)


def of_waiting(run: Run | None) -> Iterator[Problem]:
    """The run that waits for the merchant's word, if one does."""
    numbers = brake.numbers(run) if run is not None else None
    if numbers is not None:
        yield Problem(
            Said("A change waits for your decision"),
            Said(DECIDE, count=numbers["customers"], total=numbers["of"]),
        )


def _trouble(shop: Shop, *, explained: bool) -> Iterator[Problem]:
    if shop.token_error:
        yield Problem(*troubles.about(errors.TokenRejected))
    elif shop.trouble or shop.api_error:
        kind = troubles.by_name(shop.trouble)
        # A missing permission is its own problem, with a button: saying it twice would not make it clearer.
        if not (explained and kind is errors.AccessDenied):
            yield Problem(*troubles.about(kind))


MISSING_SCOPES = Problem(
    Said("Regulars lacks a permission it cannot work without"),
    Said(
        "Without it, orders cannot be read or tags cannot be written. What has been worked out so far is kept.",
    ),
)
DECIDE = message(
    "It would change the tags of {count} of your {total} customers. "
    "Nothing is written to your store until you have decided, under Activity."
)
REFUSED_TAGS = forms(
    "One customer's tags were refused by Shopify", "The tags of {count} customers were refused by Shopify"
)
WHY_REFUSED = Said(
    "Usually the customer has 250 tags already, which is the most Shopify allows. "
    "We try again every day: remove a tag that is no longer needed."
)
UNREAD = forms("One message from Shopify could not be read", "{count} messages from Shopify could not be read")
WHY_UNREAD = Said(
    "They are kept and will be read again after our team has looked at them. "
    "Until then a few customers may carry a tag that is out of date."
)
RUN_FAILED = {
    "import": Problem(
        Said("Reading your order history stopped"),
        Said("New orders are still counted. Reload this page to have the history read again."),
    ),
    "refresh": Problem(
        Said("Your last change has not reached every customer"),
        Said("Save the thresholds again to apply it to everybody."),
    ),
}
