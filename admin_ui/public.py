"""Pages for everybody, in nobody's frame and without scripts: the privacy policy and where to get help."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from admin_ui import content_policy
from plugin import config

# What they say changes with the app, not by the minute.
KEPT = "public, max-age=3600"

blueprint = Blueprint("public", __name__, template_folder="templates")
blueprint.after_request(content_policy.for_everybody)


@blueprint.get("/")
def front() -> Any:
    """The app lives in the Shopify admin; whoever comes here needs help."""
    return redirect(url_for(".support"))


@blueprint.get("/privacy")
def privacy() -> Any:
    """What is stored and why, for how long, who sees it, and everybody's rights."""
    kept = config.current().changes_kept_days
    return render_template("privacy.html", changes_kept_days=kept), {"Cache-Control": KEPT}


@blueprint.get("/support")
def support() -> Any:
    """How to get help."""
    return render_template("support.html"), {"Cache-Control": KEPT}
