"""One of the two places that see everything: joins the parts into a web application. plugin.cli is the other."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from string import punctuation
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from flask import Blueprint, Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix

from plugin import clock, config, logs
from plugin.config import Config
from plugin.db import session as db
from plugin.operations import doors

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def start() -> Config:
    """Read the settings and connect this process: every command and every server begins here."""
    settings = config.load()
    logs.configure(settings.log_level)
    clock.configure(settings.clock_file)
    db.configure(settings.database_url)
    return settings


def create_app() -> Flask:
    """The web application: Shopify's deliveries at /webhooks, the merchant's pages at /app, two pages for everybody."""
    from admin_ui import content_policy, language, refusals

    settings = start()
    app = Flask("regulars", static_folder=None, root_path=str(Path(__file__).parent))
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    for blueprint in _parts():
        app.register_blueprint(blueprint)
    language.teach(app)
    app.add_url_rule("/healthz", "healthz", lambda: Response("ok\n", mimetype="text/plain"))
    app.add_url_rule("/readyz", "readyz", doors.readyz)
    app.add_url_rule("/metrics", "metrics", doors.metrics)
    app.after_request(content_policy.protect)
    app.teardown_request(logs.about_nothing)
    for error, answer in refusals.ANSWERS.items():
        app.register_error_handler(error, answer)
    app.wsgi_app = _Readable(app.wsgi_app, urlsplit(settings.app_url).netloc)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        behind = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=behind, x_proto=behind)  # type: ignore[method-assign]
    return app


def _parts() -> Iterator[Blueprint]:
    """Everything that answers requests; each module brings its own blueprint."""
    from admin_ui import (
        activity_api,
        activity_page,
        api,
        categories_api,
        customer_page,
        customers_api,
        data_api,
        first_run_api,
        install,
        openapi,
        pages,
        presets_api,
        presets_page,
        public,
        rule_api,
        segment_api,
        segment_members_api,
        segment_page,
        segments_api,
        settings_api,
        settings_page,
        shopify_segments_api,
        survey_api,
        texts,
    )
    from webhooks import receive

    pages_of = (presets_page, segment_page, settings_page, activity_page, customer_page)
    shown = (pages, *pages_of, texts, install, public)
    about_rules = (rule_api, presets_api, shopify_segments_api)
    about_segments = (first_run_api, segment_api, segment_members_api, segments_api, *about_rules)
    json_apis = (api, data_api, customers_api, survey_api, categories_api, settings_api, activity_api, openapi)
    for module in (receive, *shown, *about_segments, *json_apis):
        yield module.blueprint


class _Readable:
    """Hands the application addresses that it can read, whatever was sent.

    Bytes that are no UTF-8 are escaped, as Flask fails on them in the raw. The host is our own, always: nothing depends
    on the one in a request, and Flask fails on some that are none.
    """

    def __init__(self, wsgi_app: "WSGIApplication", host: str) -> None:
        self._wsgi_app, self._host = wsgi_app, host

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ["QUERY_STRING"] = quote(environ.get("QUERY_STRING", ""), safe=punctuation, encoding="latin1")
        environ["HTTP_HOST"] = self._host
        return self._wsgi_app(environ, start_response)
