"""What Shopify tells us, whichever door it came through: a webhook, an import or a look-up. Money in minor units."""

from dataclasses import dataclass
from datetime import UTC, datetime

# What a packed history can hold as whole seconds in 32 bits.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2106, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One line of an order. `price` is that of all its units after every discount, of the returned ones too.

    `product_id` is None for what is no product of the shop. `left`: units that were not returned or taken off.
    """

    product_id: int | None
    quantity: int
    left: int
    gift_card: bool
    price: int


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """One order as it stood at `updated_at`. `total` and `subtotal` are after refunds and edits.

    `lines` is None where nobody told what the order consists of.
    `country` and `province` are the codes of where it went (plugin.schemas.places), None where nobody says.
    """

    order_id: int
    customer_id: int | None
    processed_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    test: bool
    financial_status: str | None
    currency: str
    total: int
    subtotal: int
    units: int
    lines: tuple[LineFacts, ...] | None = None
    country: str | None = None
    province: str | None = None

    def __post_init__(self) -> None:
        if not EARLIEST <= self.processed_at < LATEST:
            raise ValueError(f"An order placed in the year {self.processed_at.year}")


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """One customer; no name, no address. `metafields`: namespace, key, value and instant, where they are sent."""

    customer_id: int
    signed_up_at: datetime
    metafields: tuple[tuple[str, str, object, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """One product as it stood at `updated_at`; `collections` are titles by id, None where they were not told."""

    product_id: int
    product_type: str
    vendor: str
    tags: tuple[str, ...]
    updated_at: datetime
    collections: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ProductGone:
    """A product was deleted."""

    product_id: int


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """The order was changed at this instant, in a way this payload does not tell (an edit, a refund)."""

    order_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CustomersMerged:
    """One customer became another; `completed` is False when Shopify gave up on it. `at`: when, as far as is known."""

    kept_id: int
    deleted_id: int
    completed: bool
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TagsChanged:
    """Tags were added to or removed from a customer, by whomever, at this instant."""

    customer_id: int
    tags: tuple[str, ...]
    added: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class SegmentChanged:
    """A customer joined (`inside`) or left a segment kept in Shopify; `at` is when its message was sent."""

    customer_id: int
    segment_id: int
    inside: bool
    at: datetime = EARLIEST


@dataclass(frozen=True, slots=True)
class ShopRemovedApp:
    """The merchant uninstalled the app."""

    shopify_id: int


@dataclass(frozen=True, slots=True)
class ScopesChanged:
    """What the app may do in the shop since `at`."""

    shopify_id: int
    scopes: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class ShopChanged:
    """The shop's own details."""

    shopify_id: int
    currency: str
    timezone: str
    plan: str


@dataclass(frozen=True, slots=True)
class BulkOperationEnded:
    """A bulk operation of ours has ended, one way or another."""

    operation_id: str
    is_mutation: bool


@dataclass(frozen=True, slots=True)
class FiguresChanged:
    """What a customer ordered and spent in all, by Shopify's own count, as it stood at an instant."""

    customer_id: int
    orders: int
    spend: int
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ConsentChanged:
    """Whether a customer may be sent marketing by mail, since an instant (None: it was never changed)."""

    customer_id: int
    consent: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class PromoterAnswer:
    """How likely a customer is to recommend the shop, 0 to 10, as they answered at an instant."""

    customer_id: int
    score: int
    at: datetime


@dataclass(frozen=True, slots=True)
class DataRequested:
    """A customer wants to know what is stored about them; `request_id` is Shopify's number for it."""

    shop_domain: str
    customer_id: int
    request_id: int | None


@dataclass(frozen=True, slots=True)
class CustomerRedacted:
    """A customer, and these orders of theirs, are to be erased."""

    shop_domain: str
    customer_id: int
    order_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShopRedacted:
    """Everything about the shop is to be erased."""

    shop_domain: str
