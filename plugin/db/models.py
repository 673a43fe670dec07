"""The tables, columns and constraints; no behaviour. Every key starts with shop_id, so that no query forgets the shop
and PostgreSQL can be partitioned by it.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from plugin.db.types import Day, Instant, new_id


class Base(DeclarativeBase):
    """Names every constraint, so that migrations can drop what they made on either database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: Instant,
        date: Day,
        int: BigInteger,
        dict[str, Any]: JSON,
        list[str]: JSON,
        bytes: LargeBinary,
    }


def shop_key() -> Mapped[int]:
    """The first column of every key."""
    return mapped_column(ForeignKey("shops.id"), primary_key=True)


class Shop(Base):
    """A shop that installed the app. Tokens are encrypted; `token_error` says why we cannot work for it.

    `imported_at`: its history is here, customers may be judged. `history_from`: orders before it are not visible to us;
    None when all are. `tagging_off_at`: the merchant had our tags taken off and wants none until further notice.
    `bulk_tags_after`: tags are written a few at a time until then, because of `bulk_tags_refused`.
    """

    __tablename__ = "shops"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True)
    domain: Mapped[str] = mapped_column(String(255), unique=True)
    shopify_id: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    timezone: Mapped[str | None] = mapped_column(String(64))
    plan: Mapped[str | None] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(Text, default="")
    scopes_at: Mapped[datetime | None]
    access_token: Mapped[bytes | None]
    access_token_expires_at: Mapped[datetime | None]
    refresh_token: Mapped[bytes | None]
    refresh_token_expires_at: Mapped[datetime | None]
    token_error: Mapped[str | None] = mapped_column(Text)
    installed_at: Mapped[datetime]
    uninstalled_at: Mapped[datetime | None]
    imported_at: Mapped[datetime | None]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Every transaction that folds or refreshes starts by counting this up: one writer a shop, on either database.
    writes: Mapped[int] = mapped_column(default=0)
    # The last call to Shopify failed so (the name of a plugin.shopify.errors class, and its words); before the instant
    # we do not ask again.
    trouble: Mapped[str | None] = mapped_column(String(32))
    api_error: Mapped[str | None] = mapped_column(Text)
    paused_until: Mapped[datetime | None]
    history_from: Mapped[datetime | None]
    # Orders changed before it have been compared with Shopify's.
    reconciled_at: Mapped[datetime | None]
    tagging_off_at: Mapped[datetime | None]
    bulk_tags_after: Mapped[datetime | None]
    bulk_tags_refused: Mapped[str | None] = mapped_column(Text)
    # Makes the digests of plugin.shop.privacy this shop's own.
    redaction_key: Mapped[bytes | None]
    # What survey tools sign their answers with (encrypted), and until when answers in metafields were read.
    answers_secret: Mapped[bytes | None]
    answers_secret_at: Mapped[datetime | None]
    answers_read_at: Mapped[datetime | None]
    # Whom to write to when there is trouble (encrypted; plugin.shop.person_to_warn).
    person_to_warn: Mapped[bytes | None]
    # When every customer's group in Shopify was last read (shopify_rfm); None while no segment asks for it.
    shopify_rfm_at: Mapped[datetime | None]
    # Copies of the shop made before this count of `writes` hold customers who were erased since (standing.column_copy).
    copies_from: Mapped[int] = mapped_column(server_default="0", default=0)
    # Since then the lines of orders are kept, because a segment asks for products. What is visible of the history was
    # read with its lines at the second instant; of orders before the third we know no lines (None: of all we do).
    lines_from: Mapped[datetime | None]
    lines_at: Mapped[datetime | None]
    lines_seen_from: Mapped[datetime | None]
    # What everybody was judged by when all last were (standing.judged_by): where a change is taken back to.
    judged_by: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class InboxEvent(Base):
    """A verified delivery and the stage that folds it (plugin.queues).

    Done ones lose their body and stay as the memory that refuses duplicates.
    """

    __tablename__ = "inbox_events"

    shop_id: Mapped[int] = shop_key()
    webhook_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    topic: Mapped[str] = mapped_column(String(255))
    stage: Mapped[str] = mapped_column(String(16), server_default="drain")
    event_id: Mapped[str | None] = mapped_column(String(255))
    triggered_at: Mapped[datetime]
    received_at: Mapped[datetime]
    body: Mapped[bytes | None]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)


PENDING_EVENT = text("done_at IS NULL AND failed_at IS NULL")
Index(
    "ix_inbox_events_pending",
    InboxEvent.shop_id,
    InboxEvent.stage,
    InboxEvent.received_at,
    sqlite_where=PENDING_EVENT,
    postgresql_where=PENDING_EVENT,
)
Index("ix_inbox_events_received", InboxEvent.shop_id, InboxEvent.received_at)
FAILED_EVENT = text("failed_at IS NOT NULL")
Index("ix_inbox_events_failed", InboxEvent.shop_id, sqlite_where=FAILED_EVENT, postgresql_where=FAILED_EVENT)


class Order(Base):
    """The newest facts of one order. `version` orders payloads (newest wins); a deleted order stays as a tombstone.

    `stale_at`: an event said that the order changed at that instant, and no facts that new have been seen yet.
    """

    __tablename__ = "orders"

    shop_id: Mapped[int] = shop_key()
    order_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    customer_id: Mapped[int | None]
    processed_at: Mapped[datetime | None]
    total: Mapped[int | None]
    subtotal: Mapped[int | None]
    units: Mapped[int | None]
    financial_status: Mapped[str | None] = mapped_column(String(32))
    test: Mapped[bool] = mapped_column(default=False)
    cancelled_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    version: Mapped[str] = mapped_column(String(320), default="")
    stale_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


Index("ix_orders_customer", Order.shop_id, Order.customer_id)
STALE_ORDER = text("stale_at IS NOT NULL")
Index("ix_orders_stale", Order.shop_id, sqlite_where=STALE_ORDER, postgresql_where=STALE_ORDER)


class Customer(Base):
    """One customer's standing. The tag columns hold one bit per segment of the shop.

    `wanted_tags`: segments the customer is in. `foreign_tags`: tags that others gave them, never touched.
    `applied_tags`: tags Shopify has because of us. `unsure_tags`: changes sent whose answer was never recorded.
    `declined_tags`: somebody took these off, and we do not put them back while the customer stays in the segment.
    `bulk_tags`: in the hands of a bulk operation; nobody else writes them until it has ended.
    `consent`: whether they may be sent marketing, in Shopify's word (None: never asked). `lifetime_*`: its own sums.
    `promoter_score`: how likely they are to recommend the shop, 0 to 10, as they answered last, at `promoter_at`.
    `changed_by`: the run that changed `wanted_tags` last; None: orders or time did.
    `country`, `province`: codes of where an order went, the newest by its own instant (`place_at`) that told one, as it
    was told last (`place_told_at`). `shopify_rfm`: Shopify's own group. `mirrored`: a bit for each of `mirrors`.
    """

    __tablename__ = "customers"

    shop_id: Mapped[int] = shop_key()
    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    signed_up_at: Mapped[datetime | None]
    consent: Mapped[str | None] = mapped_column(String(16))
    consent_at: Mapped[datetime | None]
    lifetime_orders: Mapped[int | None]
    lifetime_spend: Mapped[int | None]
    lifetime_at: Mapped[datetime | None]
    promoter_score: Mapped[int | None] = mapped_column(SmallInteger)
    promoter_at: Mapped[datetime | None]
    country: Mapped[str | None] = mapped_column(String(2))
    province: Mapped[str | None] = mapped_column(String(16))
    place_at: Mapped[datetime | None]
    place_told_at: Mapped[datetime | None]
    shopify_rfm: Mapped[str | None] = mapped_column(String(32))
    mirrored: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    wanted_tags: Mapped[int] = mapped_column(default=0)
    applied_tags: Mapped[int] = mapped_column(default=0)
    unsure_tags: Mapped[int] = mapped_column(default=0)
    foreign_tags: Mapped[int] = mapped_column(default=0)
    declined_tags: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    bulk_tags: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    changed_by: Mapped[int | None]
    next_review_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    merged_into: Mapped[int | None]
    sync_after: Mapped[datetime | None]
    sync_error: Mapped[str | None] = mapped_column(Text)


# The work of tag writing: every bit that is not as it should be, but for those a bulk operation is at.
# (a | b) - (a & b) are the bits that differ: SQLite has no other word for it.
# The same text in index and queries: SQLite uses a partial index only for its own words.
PENDING_TAGS = text(
    "(deleted_at IS NULL AND (((((wanted_tags & ~foreign_tags & ~declined_tags) | applied_tags)"
    " - ((wanted_tags & ~foreign_tags & ~declined_tags) & applied_tags)) | unsure_tags) & ~bulk_tags) <> 0)"
)
Index(
    "ix_customers_pending_tags",
    Customer.shop_id,
    Customer.customer_id,
    sqlite_where=PENDING_TAGS,
    postgresql_where=PENDING_TAGS,
)
MERGED_CUSTOMER = text("merged_into IS NOT NULL")
Index("ix_customers_merged", Customer.shop_id, sqlite_where=MERGED_CUSTOMER, postgresql_where=MERGED_CUSTOMER)
DECLINED_TAGS = text("declined_tags <> 0")
Index("ix_customers_declined_tags", Customer.shop_id, sqlite_where=DECLINED_TAGS, postgresql_where=DECLINED_TAGS)
DUE_LATER = text("next_review_at IS NOT NULL")
# With the customer in it: whoever looks for the due ones finds all it asks for in the index.
Index(
    "ix_customers_next_review",
    Customer.shop_id,
    Customer.next_review_at,
    Customer.customer_id,
    sqlite_where=DUE_LATER,
    postgresql_where=DUE_LATER,
)

MIRRORED_CUSTOMER = text("mirrored <> 0")
Index(
    "ix_customers_mirrored",
    Customer.shop_id,
    Customer.customer_id,
    sqlite_where=MIRRORED_CUSTOMER,
    postgresql_where=MIRRORED_CUSTOMER,
)


class Pin(Base):
    """A customer is in a segment (`into`), or out of it, whatever its rule says, until an instant or for good.

    `note` is the merchant's own text. `cause`: who set it (plugin.standing.pinning).
    """

    __tablename__ = "pins"

    shop_id: Mapped[int] = shop_key()
    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bit: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    into: Mapped[bool]
    until: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime]
    cause: Mapped[str] = mapped_column(String(16))


class Stay(Base):
    """A customer who entered a segment with a minimum stay does not leave it before an instant."""

    __tablename__ = "stays"

    shop_id: Mapped[int] = shop_key()
    bit: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    until: Mapped[datetime]


Index("ix_stays_customer", Stay.shop_id, Stay.customer_id)


class OrderHistory(Base):
    """The packed counting orders of one customer (plugin.segments.columns), derived from `orders`."""

    __tablename__ = "order_histories"

    shop_id: Mapped[int] = shop_key()
    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    history: Mapped[bytes]


class OrderLine(Base):
    """What is left of one product in an order (plugin.history.lines), in shops with a segment about products.

    `units`: not returned, gift cards not counted. `spend`: its share of what the order counts with.
    """

    __tablename__ = "order_lines"
    # Most of a row is its key: SQLite need not keep it twice.
    __table_args__ = {"sqlite_with_rowid": False}

    shop_id: Mapped[int] = shop_key()
    order_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    product_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    units: Mapped[int]
    spend: Mapped[int]


Index("ix_order_lines_product", OrderLine.shop_id, OrderLine.product_id, OrderLine.order_id)


class Product(Base):
    """What Shopify last told of a product that somebody bought; a deleted one keeps it.

    `version` orders what is told (newest wins). `collections`: their titles by id, None until asked for. `to_fetch`: to
    be asked for (again). `fold_after`: its facts changed, and category histories say so of orders up to this number.
    """

    __tablename__ = "products"

    shop_id: Mapped[int] = shop_key()
    product_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    product_type: Mapped[str] = mapped_column(String(255), default="")
    vendor: Mapped[str] = mapped_column(String(255), default="")
    tags: Mapped[list[str]] = mapped_column(default=list)
    collections: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    version: Mapped[str] = mapped_column(String(320), default="")
    fetched_at: Mapped[datetime | None]
    to_fetch: Mapped[bool] = mapped_column(default=True)
    fold_after: Mapped[int | None]
    deleted_at: Mapped[datetime | None]


PRODUCT_TO_FETCH = text("to_fetch")
Index("ix_products_to_fetch", Product.shop_id, sqlite_where=PRODUCT_TO_FETCH, postgresql_where=PRODUCT_TO_FETCH)
PRODUCT_TO_FOLD = text("fold_after IS NOT NULL")
Index("ix_products_to_fold", Product.shop_id, sqlite_where=PRODUCT_TO_FOLD, postgresql_where=PRODUCT_TO_FOLD)


class Category(Base):
    """Products of one kind that a segment asks for: a product type, vendor, product tag, collection, or one product.

    `packed_after`: histories are made of customers up to this number; None until begun. `packed_at`: since when of all.
    """

    __tablename__ = "categories"

    shop_id: Mapped[int] = shop_key()
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))
    value: Mapped[str] = mapped_column(String(255))
    packed_after: Mapped[int | None]
    packed_at: Mapped[datetime | None]


class CategoryHistory(Base):
    """The packed orders of one customer that hold products of a category: their units, their share of the spend."""

    __tablename__ = "category_histories"

    shop_id: Mapped[int] = shop_key()
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    history: Mapped[bytes]


class Segment(Base):
    """A segment of a shop. Its bit and tag never change: another tag is another segment.

    A removed one keeps its row until no customer carries its tag.
    """

    __tablename__ = "segments"

    shop_id: Mapped[int] = shop_key()
    bit: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(SmallInteger)
    tag: Mapped[str] = mapped_column(String(255))
    definition: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    removed_at: Mapped[datetime | None]


class SegmentVersion(Base):
    """Every definition ever saved, so that a tag can be explained by the rule it was judged by."""

    __tablename__ = "segment_versions"

    shop_id: Mapped[int] = shop_key()
    bit: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    definition: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]


class Movement(Base):
    """A customer entered or left a segment, and because of what: event, time, settings or import, and in which run."""

    __tablename__ = "movements"

    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    customer_id: Mapped[int]
    bit: Mapped[int] = mapped_column(SmallInteger)
    entered: Mapped[bool]
    at: Mapped[datetime]
    cause: Mapped[str] = mapped_column(String(16))
    run_id: Mapped[int | None]


Index("ix_movements_at", Movement.shop_id, Movement.at)
Index("ix_movements_customer", Movement.shop_id, Movement.customer_id)
OF_A_RUN = text("run_id IS NOT NULL")
Index(
    "ix_movements_run",
    Movement.shop_id,
    Movement.run_id,
    Movement.customer_id,
    sqlite_where=OF_A_RUN,
    postgresql_where=OF_A_RUN,
)


class TagChange(Base):
    """One write to one customer in Shopify: tags added and removed, how it ended (written, missing, refused), and which
    run it follows from. One that an undo left to others (left) was never sent.
    """

    __tablename__ = "tag_changes"

    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    customer_id: Mapped[int]
    added: Mapped[list[str]]
    removed: Mapped[list[str]]
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(16))
    error: Mapped[str | None] = mapped_column(Text)
    run_id: Mapped[int | None]


Index("ix_tag_changes_at", TagChange.shop_id, TagChange.at)
Index("ix_tag_changes_customer", TagChange.shop_id, TagChange.customer_id)
Index(
    "ix_tag_changes_run",
    TagChange.shop_id,
    TagChange.run_id,
    TagChange.outcome,
    sqlite_where=OF_A_RUN,
    postgresql_where=OF_A_RUN,
)


class BulkTagging(Base):
    """A bulk mutation that adds or removes the same tags (`bits`) on many customers, from the choosing to its end.

    `attempted_at`: it may have been started; `operation_id`: it was. `looked_at`: when we last asked how it stands,
    None when it is time to. `place`: how many lines of its result are recorded. `failures`: since anything went on.
    """

    __tablename__ = "bulk_taggings"

    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    adds: Mapped[bool]
    bits: Mapped[int]
    created_at: Mapped[datetime]
    attempted_at: Mapped[datetime | None]
    operation_id: Mapped[str | None] = mapped_column(String(255))
    looked_at: Mapped[datetime | None]
    place: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)


class BulkTaggingLine(Base):
    """Which customer a line of a bulk mutation's variables is about; gone as soon as its answer is recorded."""

    __tablename__ = "bulk_tagging_lines"

    shop_id: Mapped[int] = shop_key()
    bulk_tagging_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    customer_id: Mapped[int]


Index("ix_bulk_tagging_lines_customer", BulkTaggingLine.shop_id, BulkTaggingLine.customer_id)


class ForeignChange(Base):
    """Somebody else took one of our tags off a customer who is in its segment, or gave one to a customer who is not."""

    __tablename__ = "foreign_changes"

    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    customer_id: Mapped[int]
    bit: Mapped[int] = mapped_column(SmallInteger)
    added: Mapped[bool]
    at: Mapped[datetime]


Index("ix_foreign_changes_customer", ForeignChange.shop_id, ForeignChange.customer_id)


class Mirror(Base):
    """A segment of Shopify's whose members we keep (standing.mirrors), with the bit of `customers.mirrored` it has.

    `tried_at`: the last comparison of all members ended, well or with `error`; `refreshed_at`: the last one that went
    well began. `dropped_at`: no segment of ours asks for it any more; the row goes when no customer has the bit.
    """

    __tablename__ = "mirrors"

    shop_id: Mapped[int] = shop_key()
    bit: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    segment_id: Mapped[int]
    name: Mapped[str | None] = mapped_column(String(255))
    members: Mapped[int | None]
    tried_at: Mapped[datetime | None]
    refreshed_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    dropped_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("shop_id", "segment_id"),)


class MirrorMark(Base):
    """What was told of one customer's being in a mirrored segment, as long as it may still matter.

    `inside`, `at`: what Shopify's newest message said, and when. `seen`: the comparison under way has listed them.
    """

    __tablename__ = "mirror_marks"

    shop_id: Mapped[int] = shop_key()
    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mirror: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    inside: Mapped[bool | None]
    at: Mapped[datetime | None]
    seen: Mapped[bool] = mapped_column(default=False)


class TurnRow(Base):
    """Which process does a stage's work for the shop, and until when (the machine's own time)."""

    __tablename__ = "turns"

    shop_id: Mapped[int] = shop_key()
    stage: Mapped[str] = mapped_column(String(16), primary_key=True)
    holder: Mapped[str] = mapped_column(String(16))
    until: Mapped[datetime]


class Run(Base):
    """A long piece of work a merchant can watch (plugin.runs). `position` is where to go on after a crash."""

    __tablename__ = "runs"

    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    stage: Mapped[str] = mapped_column(String(32), default="")
    position: Mapped[dict[str, Any]] = mapped_column(default=dict)
    done_count: Mapped[int] = mapped_column(default=0)
    total_count: Mapped[int | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)


UNFINISHED_RUN = text("finished_at IS NULL")
Index("ix_runs_unfinished", Run.shop_id, sqlite_where=UNFINISHED_RUN, postgresql_where=UNFINISHED_RUN)


class ShopWarning(Base):
    """A kind of trouble a shop's person is written to about (plugin.shop.warnings).

    `since`: when it was first seen, as long as it lasts. `due_at`: a letter is to be sent from then on; `sent_at`: the
    last one was. `error`: why the last one did not go out, after `tries`.
    """

    __tablename__ = "warnings"

    shop_id: Mapped[int] = shop_key()
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    since: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(255))


class Baseline(Base):
    """Store-wide numbers of plugin.segments.baseline that customers are compared with, and those of the last time the
    whole shop was judged: they come into use when it is judged again (`upcoming`).
    """

    __tablename__ = "baselines"

    shop_id: Mapped[int] = shop_key()
    computed_at: Mapped[datetime]
    buyers: Mapped[int]
    numbers: Mapped[dict[str, Any]]
    upcoming: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class StorePicture(Base):
    """Where a shop's customers and revenue are: plugin.standing.store_picture as it was last counted."""

    __tablename__ = "store_pictures"

    shop_id: Mapped[int] = shop_key()
    counted_at: Mapped[datetime]
    picture: Mapped[dict[str, Any]]


class SegmentDay(Base):
    """What a segment was on a day of the shop's calendar: at its end, or today when it was last counted.

    `entered`, `left`: how often somebody did that day. `spend`: what its members had spent in the 365 days before, in
    minor units, `customers` how many the shop had and `shop_spend` all they had spent; None of days that were worked
    out afterwards from movements.
    """

    __tablename__ = "segment_days"

    shop_id: Mapped[int] = shop_key()
    day: Mapped[date] = mapped_column(primary_key=True, autoincrement=False)
    bit: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    size: Mapped[int]
    entered: Mapped[int]
    left: Mapped[int]
    spend: Mapped[int | None]
    customers: Mapped[int | None]
    shop_spend: Mapped[int | None]


class DataRequest(Base):
    """A customer asked the merchant what is stored about them: our part of the answer, to download until it expires."""

    __tablename__ = "data_requests"

    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    customer_id: Mapped[int]
    request_id: Mapped[int | None]
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    content: Mapped[str] = mapped_column(Text)


class Erasure(Base):
    """That something was erased on request: what kind, when, how many rows. Says of nobody who they were.

    Outlives the shop, so it refers to none; `digest` recognises a customer's late messages for a while, then goes.
    """

    __tablename__ = "erasures"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    kind: Mapped[str] = mapped_column(String(16))
    digest: Mapped[bytes | None]
    erased_at: Mapped[datetime]
    rows: Mapped[dict[str, Any]] = mapped_column(default=dict)


Index("ix_erasures_digest", Erasure.digest)
