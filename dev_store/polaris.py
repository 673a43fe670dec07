"""The stand-ins of Polaris' web components: many files, by theme, under the one address that Shopify's script has.

`server.create_app` registers the blueprint. The files share one scope: what others build on comes
first.
"""

from pathlib import Path

from flask import Blueprint, Response

FOLDER = Path(__file__).parent / "static" / "polaris"
PARTS = (
    *("element", "layout", "text", "signs", "boxes"),
    *("actions", "overlays", "fields", "choices", "tables", "define"),
)

HEAD = """\
/* A stand-in for Shopify's Polaris web components, for a development store on your own machine.
   It covers the elements and attributes Regulars uses, with open shadow roots; it is not Shopify's code and
   never reaches a production page: there POLARIS_URL points at Shopify's own script. */
"""

blueprint = Blueprint("polaris", __name__)


def script() -> str:
    """All files as one script that leaves nothing behind but the elements."""
    parts = "\n".join((FOLDER / f"{part}.js").read_text() for part in PARTS)
    return f'{HEAD}(() => {{\n"use strict";\n\n{parts}}})();\n'


@blueprint.get("/static/polaris-1.js")
def polaris() -> Response:
    """The script, under the name Shopify gives its own."""
    return Response(script(), mimetype="text/javascript")
