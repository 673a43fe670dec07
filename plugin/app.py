"""One of the two places that see everything: joins the parts into a web application. plugin.cli is the other."""

from pathlib import Path

from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

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
    """The web application: Shopify's deliveries at /webhooks, the merchant's page at /app."""
    from admin_ui import api, pages
    from webhooks import receive

    settings = start()
    app = Flask("regulars", static_folder=None, root_path=str(Path(__file__).parent))
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.register_blueprint(receive.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(api.blueprint)
    app.add_url_rule("/healthz", "healthz", lambda: Response("ok\n", mimetype="text/plain"))
    app.add_url_rule("/metrics", "metrics", lambda: Response(generate_latest(), content_type=CONTENT_TYPE_LATEST))
    return app
