"""What everything stands on: settings, database, tables, disk, Redis and the processes that serve it."""

import shutil
from pathlib import Path

from redis import RedisError
from rq.cron import CronScheduler
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from plugin import queues
from plugin.config import Config
from plugin.db import schema
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.doctor.finding import CannotLook, Examined, Finding
from plugin.operations import readiness
from plugin.shop import tokens

UPGRADE = "Run `regulars db upgrade` with the new version."
# SQLite's log and a backup's copy want room beside the file.
FREE_BYTES = 500_000_000


def settings(config: Config) -> Examined:
    """How the installation is set up; what could not work has stopped the start."""
    found = []
    if config.smtp_url is None:
        todo = "Set SMTP_URL if merchants who gave an address should be written to."
        found.append(Finding("Nobody is written to about trouble", todo, is_note=True))
    if config.old_client_secret:
        todo = "Once the old one is revoked at Shopify, take SHOPIFY_OLD_CLIENT_SECRET out."
        found.append(Finding("Deliveries signed with an old client secret are accepted", todo, is_note=True))
    return Examined("settings", f"{config.environment}, {config.app_url}", tuple(found))


def database(config: Config) -> Examined:
    """Whether the database answers and takes changes, and whether its disk has room. CannotLook if it is not there."""
    url = db.engine().url
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise CannotLook(f"There is no database {url.database}", f"Check DATABASE_URL. {UPGRADE}")
    try:
        with db.engine().connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    except SQLAlchemyError as error:
        raise CannotLook(f"The database does not answer ({_cause(error)})", "Start it, or mend DATABASE_URL.") from None
    found = _full_disk(Path(url.database or ""), config) if url.get_backend_name() == "sqlite" else []
    return Examined("database", url.render_as_string(), tuple(found))


def tables() -> Examined:
    """Whether the tables are those this version works with. CannotLook if they are older."""
    with db.engine().execution_options(read_only=True).connect() as connection:
        version = schema.version(connection)
    here, newest = ", ".join(sorted(version.here)), ", ".join(sorted(version.newest))
    if not version.here:
        raise CannotLook("The database has no tables", UPGRADE)
    if version.is_too_old:
        raise CannotLook(f"The tables are of version {here}, this program needs {newest}", UPGRADE)
    ahead = f"The tables are of version {here}, newer than this program ({newest})"
    found = (Finding(ahead, "Start the newer version; this one goes on meanwhile.", is_note=True),)
    return Examined("tables", f"of version {here}", () if version.here == version.newest else found)


def writing() -> Examined:
    """Whether the database takes changes."""
    if (said := readiness.look_now().checks["writable"]) == readiness.OK:
        return Examined("writing", "the database takes changes")
    todo = "Free its disk, or make it writable; until then deliveries are answered 503 and Shopify keeps them."
    return Examined("writing", "refused", (Finding(f"The database {said}", todo),))


def keys() -> Examined:
    """Whether TOKEN_KEYS open what they have to."""
    with db.read() as session:
        shops = list(session.scalars(select(Shop).where(Shop.access_token.is_not(None))))
    locked = [shop.domain for shop in shops if not tokens.is_readable(shop)]
    found = [Finding(f"{domain}: none of TOKEN_KEYS opens its token", _KEYS) for domain in locked]
    return Examined("keys", f"{len(shops) - len(locked):,} of {len(shops):,} shops' tokens can be read", tuple(found))


def redis() -> Examined:
    """Whether Redis answers and keeps what it is told, and whether somebody does what it calls for."""
    connection = queues.connection()
    try:
        told = connection.config_get("maxmemory-policy")
        limit = connection.config_get("maxmemory")
    except RedisError as error:
        try:
            connection.ping()
            told = limit = {}  # hosted ones keep their settings to themselves
        except RedisError:
            said = f"Redis does not answer ({type(error).__name__})"
            todo = "Start it, or mend REDIS_URL. Deliveries are stored meanwhile, and nothing is lost."
            return Examined("redis", "away", (Finding(said, todo),))
    found = []
    if limit.get("maxmemory", "0") != "0" and told.get("maxmemory-policy") != "noeviction":
        found.append(Finding("Redis may drop calls when its memory is full", "Set maxmemory-policy to noeviction."))
    return Examined("redis", "answers", (*found, *_unserved(), *_failed_jobs()))


def _unserved() -> list[Finding]:
    served = queues.workers()
    todo = "Start `regulars worker` for it (app.yaml shows how the queues are split)."
    found = [Finding(f"No worker serves the queue {name}", todo) for name in queues.QUEUES if not served[name]]
    if not CronScheduler.all(queues.connection()):
        found.append(Finding("Nobody keeps the timetable", "Start `regulars scheduler`: it sweeps every minute."))
    return found


def _failed_jobs() -> list[Finding]:
    found = []
    for name in queues.QUEUES:
        if count := queues.set_aside(name):
            said = f"{count} jobs of the queue {name} ended in an error in the last 24 hours"
            found.append(Finding(said, "Read the workers' logs. What they left undone is tried again every minute."))
    return found


def _full_disk(path: Path, config: Config) -> list[Finding]:
    found = []
    for directory in sorted({path.resolve().parent, config.data_dir.resolve()}):
        if directory.exists() and (free := shutil.disk_usage(directory).free) < FREE_BYTES:
            said = f"{directory}: {free / 1_000_000:,.0f} MB are free"
            found.append(Finding(said, "Make room. When the disk is full, deliveries are answered 503."))
    return found


def _cause(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()[0]


_KEYS = "Put the key it was sealed with back into TOKEN_KEYS; without it the merchant has to open the app once."
