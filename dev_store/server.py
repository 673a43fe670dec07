"""The development store's web server: `create_app` for tests and embedding, `serve` for `python -m dev_store`.

Never starts in production, and listens on this machine only.
"""

import ctypes
import importlib.util
import os
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask, Response, abort, jsonify, request
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from werkzeug.exceptions import HTTPException

from dev_store import (
    control,
    control_bulk,
    control_commerce,
    control_products,
    control_segments,
    control_standing,
    files_side,
    shopify_side,
)
from dev_store.access import AppCredentials
from dev_store.customers import NotPossible
from dev_store.store import DevStore, Settings, UnknownShop
from dev_store.timeline import Timeline

HOST = "127.0.0.1"
THREADS = 64


class ProductionRefused(RuntimeError):
    """A development store has no place in production."""


def create_app(settings: Settings, shops: tuple[str, ...] = (), plan: str = "standard") -> Flask:
    """The development store as a WSGI application, with these shops opened on `plan`."""
    refuse_production()
    app = Flask("dev_store", static_folder=None, template_folder=None)
    store = DevStore(settings)
    app.extensions["dev_store"] = store
    app.extensions["dev_store_timeline"] = Timeline(store)
    for handle in shops:
        store.create_shop(handle, plan=plan)
    for blueprint in (
        shopify_side.blueprint,
        files_side.blueprint,
        control_commerce.blueprint,
        control_products.blueprint,
        control_segments.blueprint,
        control_standing.blueprint,
        control_bulk.blueprint,
        control.blueprint,
    ):
        app.register_blueprint(blueprint)
    if importlib.util.find_spec("dev_store.admin_page"):
        from dev_store import admin_app, admin_page, polaris

        for blueprint in (admin_page.blueprint, admin_app.blueprint, polaris.blueprint):
            app.register_blueprint(blueprint)
    app.register_error_handler(UnknownShop, lambda error: _problem(404, f"No shop {error}"))
    for refusal in (NotPossible, ValueError, TypeError, KeyError, IndexError):
        app.register_error_handler(refusal, lambda error: _problem(422, f"{type(error).__name__}: {error}"))
    app.register_error_handler(
        HTTPException, lambda error: error.response or _problem(error.code or 500, str(error.description))
    )
    app.before_request(_read_everything)
    app.before_request(_refuse_other_sites)
    app.get("/dev/health")(lambda: jsonify(ready=True))
    return app


def from_environment() -> Flask:
    """The application as `serve` describes it to its worker process."""
    _end_with_parent()
    given = os.environ
    app_file, clock_file = given.get("DEV_STORE_APP_FILE"), given.get("CLOCK_FILE")
    settings = Settings(
        app_url=given["DEV_STORE_APP_URL"],
        app=AppCredentials(given["DEV_STORE_CLIENT_ID"], given["DEV_STORE_CLIENT_SECRET"]),
        app_file=Path(app_file) if app_file else None,
        clock_file=Path(clock_file) if clock_file else None,
        deliver_to=given.get("DEV_STORE_DELIVER_TO", ""),
        delivery_threads=int(given.get("DEV_STORE_DELIVERY_THREADS", "8")),
        retry_base=float(given.get("DEV_STORE_RETRY_BASE", "0.2")),
        results=Path(given["DEV_STORE_RESULTS"]),
    )
    shops = tuple(filter(None, given.get("DEV_STORE_SHOPS", "").split(",")))
    return create_app(settings, shops, given.get("DEV_STORE_PLAN", "standard"))


def serve(port: int) -> None:
    """Serve until told to stop. One worker: the store lives in its memory."""
    refuse_production()
    # Kept by this process: the worker has no chance to clean up after itself.
    with TemporaryDirectory(prefix="dev-store-") as results:
        os.environ["DEV_STORE_RESULTS"] = results
        Granian(
            "dev_store.server:from_environment",
            factory=True,
            address=HOST,
            port=port,
            interface=Interfaces.WSGI,
            workers=1,
            blocking_threads=THREADS,
            http=HTTPModes.http1,
            websockets=False,
            log_access=False,
            log_level=LogLevels.error,
            workers_kill_timeout=5,
        ).serve()


def refuse_production() -> None:
    """Raise if this is a production environment."""
    if os.environ.get("ENVIRONMENT") == "production":
        raise ProductionRefused("The development store does not start with ENVIRONMENT=production")


def _end_with_parent() -> None:
    # The worker would outlive a killed master and keep the port.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _read_everything() -> None:
    # A connection whose request was answered unread is closed behind the answer, and breaks whoever is using it again.
    # Uploads may be large, and are read as they come.
    if request.blueprint != files_side.blueprint.name:
        request.get_data()


def _refuse_other_sites() -> None:
    # No web page elsewhere may press the buttons of a server on this machine; the app sends no such header.
    if request.method != "GET" and request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        abort(403)


def _problem(status: int, message: str) -> tuple[Response, int]:
    return jsonify(error=message), status
