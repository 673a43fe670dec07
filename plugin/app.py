"""One of the two places that see everything: joins the parts into a web application. plugin.cli is the other."""

from ipaddress import ip_address
from pathlib import Path

from flask import Flask, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from werkzeug.middleware.proxy_fix import ProxyFix

from plugin import clock, config, logs
from plugin.config import Config
from plugin.db import session as db


def start() -> Config:
    """Read the settings and connect this process: every command and every server begins here."""
    settings = config.load()
    logs.configure(settings.log_level)
    clock.configure(settings.clock_file)
    db.configure(settings.database_url)
    return settings


def create_app() -> Flask:
    """The web application: Shopify's deliveries at /webhooks, the merchant's pages at /app, two pages for everybody."""
    from admin_ui import api, content_policy, data_api, install, openapi, pages, public, refusals
    from webhooks import receive

    settings = start()
    app = Flask("regulars", static_folder=None, root_path=str(Path(__file__).parent))
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    for part in (receive, pages, api, data_api, openapi, install, public):
        app.register_blueprint(part.blueprint)
    app.add_url_rule("/healthz", "healthz", lambda: Response("ok\n", mimetype="text/plain"))
    app.add_url_rule("/metrics", "metrics", _metrics)
    app.after_request(content_policy.protect)
    for error, answer in refusals.ANSWERS.items():
        app.register_error_handler(error, answer)
    if settings.trusted_proxies:
        behind = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=behind, x_proto=behind)  # type: ignore[method-assign]
    return app


def _metrics() -> Response:
    """Figures for a Prometheus on this machine. Whoever came through a proxy came from elsewhere."""
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    if forwarded or not _is_loopback(request.remote_addr or ""):
        abort(404)
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
