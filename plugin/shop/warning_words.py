"""What a warning says, in the language of the person it goes to."""

from plugin import config
from plugin.db.models import Shop
from plugin.language import Language
from plugin.shop import warnings


def letter(shop: Shop, kind: str, say: Language) -> tuple[str, str]:
    """Subject and text."""
    heading, text = _about(kind, say)
    address = f"https://{shop.domain}/admin/apps/{config.current().client_id}"
    parts = (
        f"{heading}.",
        text,
        say.text("Open Regulars for {shop}: {address}", shop=shop.domain, address=address),
        say.text(
            "You get this because your address stands in the settings of Regulars. It can be changed or removed there."
            " You hear of the same thing once a day at most."
        ),
    )
    return say.text("{heading} ({shop})", heading=heading, shop=shop.domain), "\n\n".join(parts) + "\n"


def _about(kind: str, say: Language) -> tuple[str, str]:
    return {
        warnings.BRAKE: (
            say.text("A change waits for you"),
            say.text(
                "It would change the tags of very many customers. Nothing is written to your store until you have"
                " confirmed it or taken it back on the page Activity."
            ),
        ),
        warnings.TOKEN: (
            say.text("Regulars has not reached your store for a day"),
            say.text("Shopify does not let us in, so tags are not kept up to date. Opening the app usually mends it."),
        ),
        warnings.TAGS: (
            say.text("Shopify refuses some tags"),
            say.text("Some customers do not carry the tags they should. The page Activity says which, and why."),
        ),
        warnings.DELIVERIES: (
            say.text("Some messages from Shopify could not be read"),
            say.text("What they were about is not counted yet. The page Activity shows them and tries them again."),
        ),
        warnings.IMPORT: (
            say.text("Reading your order history stopped"),
            say.text("Customers are not sorted into segments before it is complete. Opening the app tries it again."),
        ),
    }[kind]
