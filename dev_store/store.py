"""The development store as one object: its shops, its clock, and what may be done to them.

The control API and the admin page use nothing else. For the admin page: `shops`, `shop`, `app`, `settings.app_url`,
`id_token`, `now`, `tags`, `shop.customers`, `shop.orders`, and `acting` around the functions of `commerce`.
"""

import itertools
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dev_store import access, payloads, segments, shop_payloads, subscriptions, topics
from dev_store.access import Access, AppCredentials
from dev_store.admin_api import AdminApi
from dev_store.bucket import PLANS, Bucket
from dev_store.bulk_operations import BulkOperation, BulkOperations
from dev_store.calls import Calls
from dev_store.customers import Announce
from dev_store.deliveries import Deliveries, Delivery
from dev_store.faults import Faults
from dev_store.files import Files
from dev_store.state import Shop
from plugin import clock

# What Shopify grants on top of an app file's scopes only after a look at the app, or when the merchant agrees: a shop
# here has agreed to everything, unless it is opened with other scopes.
EXTRA_SCOPES = frozenset({"read_all_orders", "read_customer_merge"})
DEFAULT_SCOPES = frozenset({"read_customers", "read_orders", "write_customers"}) | EXTRA_SCOPES
DEFAULT_USER = "42"


class UnknownShop(LookupError):
    """No shop of this name has been created."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one development store is set up."""

    app_url: str
    app: AppCredentials
    deliver_to: str = ""
    app_file: Path | None = None
    clock_file: Path | None = None
    delivery_threads: int = 8
    retry_base: float = 0.2
    results: Path | None = None


@dataclass(slots=True)
class Progress:
    """How far a long piece of work is."""

    task: str = ""
    done: int = 0
    total: int = 0


@dataclass(slots=True)
class DevStore:
    """Every shop, and the one app that may be installed in them."""

    settings: Settings
    admin: AdminApi = field(default_factory=AdminApi)
    faults: Faults = field(default_factory=Faults)
    progress: Progress = field(default_factory=Progress)
    calls: Calls = field(default_factory=Calls)
    data_requests: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    subscribed: tuple[subscriptions.Subscription, ...] = ()
    api_version: str = "2026-10"
    default_scopes: frozenset[str] = DEFAULT_SCOPES
    required_scopes: frozenset[str] = frozenset()
    optional_scopes: frozenset[str] = frozenset()
    deliveries: Deliveries = field(init=False)
    files: Files = field(init=False)
    bulk: dict[str, BulkOperations] = field(default_factory=dict)
    _shops: dict[str, Shop] = field(default_factory=dict)
    _own_directory: TemporaryDirectory[str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        settings = self.settings
        clock.configure(settings.clock_file)
        self.deliveries = Deliveries(settings.app.client_secret, settings.delivery_threads, settings.retry_base)
        directory = settings.results
        if directory is None:
            self._own_directory = TemporaryDirectory(prefix="dev-store-")  # gone when the store is
            directory = Path(self._own_directory.name)
        self.files = Files(directory, self.now)
        if settings.app_file:
            read = subscriptions.read(settings.app_file, settings.deliver_to or settings.app_url)
            self.subscribed, self.api_version = read.subscriptions, read.api_version
            self.required_scopes, self.optional_scopes = read.scopes, read.optional_scopes
            if read.scopes:
                self.default_scopes = read.scopes | read.optional_scopes | EXTRA_SCOPES

    @property
    def app(self) -> AppCredentials:
        """The app's credentials."""
        return self.settings.app

    def now(self) -> datetime:
        """The instant the shops live in."""
        return clock.now()

    def set_clock(self, setting: str) -> None:
        """Set the clock every process follows; an empty setting is the machine's own time."""
        if self.settings.clock_file is None:
            raise ValueError("Started without a clock file")
        clock.write(self.settings.clock_file, setting)

    def create_shop(
        self,
        handle: str,
        *,
        name: str | None = None,
        currency: str = "USD",
        timezone: str = "America/New_York",
        plan: str = "standard",
        scopes: Iterable[str] | None = None,
    ) -> Shop:
        """Open a shop at `handle`.myshopify.com."""
        if plan not in PLANS:
            raise ValueError(f"Plans are {', '.join(PLANS)}")
        with self._lock:
            if handle in self._shops:
                raise ValueError(f"There is a shop {handle} already")
            number = 92_891_250_001 + len(self._shops)
            granted = with_implied(self.default_scopes if scopes is None else scopes)
            shop = Shop(
                handle, number, name or handle.capitalize(), currency, timezone, plan, granted, Access(),
                Bucket.of_plan(plan), self.now(),
            )  # fmt: skip
            self.bulk[handle] = BulkOperations(
                shop, self.files, self.now, self._bulk_ended(shop), lambda at: self.announcer(shop, at)
            )
            self._shops[handle] = shop
            return shop

    def shops(self) -> list[Shop]:
        """Every shop, oldest first."""
        return list(self._shops.values())

    def shop(self, name: str) -> Shop:
        """The shop with this handle or domain; UnknownShop if there is none."""
        try:
            return self._shops[name.removesuffix(".myshopify.com")]
        except KeyError:
            raise UnknownShop(name) from None

    def id_token(self, shop: Shop, user: str = DEFAULT_USER) -> str:
        """The proof App Bridge would hand to the app's page, valid for a minute."""
        return access.id_token(self.app, shop.domain, user, self.now())

    def tags(self, shop: Shop) -> dict[str, list[int]]:
        """Every tag in use, with the customers who carry it."""
        carried: dict[str, list[int]] = {}
        with shop.lock:
            for customer in shop.customers.values():
                for tag in customer.tags.values():
                    carried.setdefault(tag, []).append(customer.id)
        return carried

    @contextmanager
    def acting(self, shop: Shop, at: datetime | None = None) -> Iterator[tuple[datetime, Announce]]:
        """Hold the shop for one event at `at` (or now); the announcements within belong to one merchant action."""
        at = at or self.now()
        with shop.lock:
            yield at, self.announcer(shop, at)

    def announcer(self, shop: Shop, at: datetime) -> Announce:
        """What turns announcements of one event into deliveries, if the app is to hear of it."""
        event_id = str(uuid.uuid4())

        def announce(topic: str, build: Callable[[], dict[str, Any]]) -> None:
            heard = topics.is_delivered(topic, shop.access.installed, shop.scopes)
            wanted = [s for s in self.subscribed if s.topic == topic] if heard else []
            payload = build() if wanted else None
            for subscription in wanted:
                self._deliver(shop, subscription, payload, at, event_id)
            if shop.segments and not topic.endswith("_segment"):
                self._tell_segments(shop, announce)

        return announce

    def _tell_segments(self, shop: Shop, announce: Announce) -> None:
        for segment, customer, joined in list(segments.changed(shop)):
            topic = "customer.joined_segment" if joined else "customer.left_segment"
            announce(topic, partial(payloads.segment_changed, shop, segment.id, customer))

    def _deliver(
        self, shop: Shop, subscription: subscriptions.Subscription, payload: Any, at: datetime, event_id: str
    ) -> None:
        self.deliveries.submit(
            Delivery(
                shop=shop.domain,
                topic=subscription.topic,
                webhook_id=str(uuid.uuid4()),
                event_id=event_id,
                triggered_at=at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
                api_version=self.api_version,
                url=subscription.url,
                body=payloads.encode(subscription.trim(payload)),
                name=subscription.name,
            )
        )

    def _bulk_ended(self, shop: Shop) -> Callable[[BulkOperation], None]:
        def ended(operation: BulkOperation) -> None:
            at = operation.completed_at or self.now()
            self.announcer(shop, at)(
                "bulk_operations/finish",
                lambda: shop_payloads.bulk_finished(shop, operation, at),
            )

        return ended


def with_implied(scopes: Iterable[str]) -> frozenset[str]:
    """Scopes, and the read scopes that write scopes bring with them."""
    held = frozenset(scopes)
    return held | {f"read_{scope[6:]}" for scope in held if scope.startswith("write_")}
