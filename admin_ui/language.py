"""The language of a request: the locale the admin passes to a page, the one the page's scripts pass on, or English.

Views ask `current()`; templates say _("...") and find `language`. plugin.language knows the languages themselves.
"""

from typing import Any, cast

from flask import Flask, current_app, g, has_request_context, request
from markupsafe import Markup, escape

from admin_ui import auth
from plugin import language
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.language import Language
from plugin.segments.voice import Said
from plugin.shop import shops

PARAMETER = "locale"
# Below /app, but not opened by anybody.
NO_PAGES = ("/app/api", "/app/static")


def current() -> Language:
    """How the asking merchant is spoken to, with the shop's currency and time zone as far as they are known."""
    if not has_request_context():
        return language.ENGLISH
    if "language" not in g:
        g.language = _of_asker()
    return cast(Language, g.language)


def of(shop: Shop) -> Language:
    """The request's language with what a shop that was just read says of its currency and zone."""
    spoken = shops.language(shop, asked())
    if has_request_context():
        g.language = spoken
    return spoken


def said(text: str) -> str:
    """A text in the request's language, wherever it comes from; one that nobody has translated stays as it is."""
    return text.by(current()) if isinstance(text, Said) else current().text(text)


def asked() -> str:
    """The locale of this request, one of ours in any case; English where nobody asks."""
    if not has_request_context():
        return language.ENGLISH.locale
    if wanted := request.args.get(PARAMETER):
        return language.closest(wanted)
    preferred = list(request.accept_languages.values())
    ours = (each for each in preferred if language.closest(each).partition("-")[0] == each.partition("-")[0].lower())
    return language.closest(next(ours, preferred[0] if preferred else ""))


def teach(app: Flask) -> None:
    """Let the templates of an application speak: _, gettext, ngettext; and links keep the locale of their page."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    # Not Jinja's own wrappers: numbers are written as people write them, and a message is escaped like any other text.
    app.jinja_env.globals.update(_=_text, gettext=_text, ngettext=_plural, said=said)
    app.jinja_env.extend(newstyle_gettext=True)
    app.url_defaults(_keep_locale)


def _of_asker() -> Language:
    domain = auth.shop_for_the_log()
    if domain is None:
        return Language(asked())
    with db.read() as session:
        shop = shops.by_domain(session, domain)
        return of(shop) if shop is not None else Language(asked())


def _text(message: str, /, **values: Any) -> str:
    return _filled(current().text(message), values)


def _plural(one: str, many: str, num: int, /, **values: Any) -> str:
    return _filled(current().plural(one, many, num), {"num": num, **values})


def _filled(text: str, values: dict[str, Any]) -> str:
    if not values:  # a name that somebody gave may have any sign in it
        return text.replace("%%", "%")
    written = {name: current().number(value) if isinstance(value, int) else value for name, value in values.items()}
    # Only a value that is HTML makes the whole HTML; the words around it are not.
    return (escape(text) if any(isinstance(value, Markup) for value in written.values()) else text) % written


def _keep_locale(endpoint: str, values: dict[str, Any]) -> None:
    """Shopify passes the locale to the first page it opens; the links on it hand it on."""
    if has_request_context() and PARAMETER in request.args and _is_page(endpoint):
        values.setdefault(PARAMETER, asked())


def _is_page(endpoint: str) -> bool:
    addresses = [rule.rule for rule in current_app.url_map.iter_rules(endpoint)]
    return any(each.startswith("/app") and not each.startswith(NO_PAGES) for each in addresses)
