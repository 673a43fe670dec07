"""The page "Activity", and the two lists on it that its script asks for piece by piece."""

from flask import Blueprint, render_template

from admin_ui import activity, activity_api, api, auth, language, overview
from plugin import clock
from plugin.db import session as db
from plugin.shop import installation, shops
from plugin.standing import segment_store
from plugin.tagging.activity import Filter

blueprint = Blueprint("admin_activity", __name__, url_prefix="/app", template_folder="templates")


@blueprint.get("/activity")
@auth.document
def show() -> str:
    """What waits for a decision, what failed, runs, and tag writes."""
    shop_id = installation.ensure_installed(auth.asker())
    with db.read() as session:
        said = language.of(shops.get(session, shop_id))
        run_lines, more_runs = activity.run_lines(session, shop_id, None, said)
        writes, more_writes = activity.write_lines(session, shop_id, Filter(), None)
        return render_template(
            "activity.html",
            overview=overview.read(session, shops.get(session, shop_id)),
            waiting=activity.waiting(session, shop_id, said),
            failures=activity.failures(session, shop_id, clock.now(), said),
            runs=run_lines,
            more_runs=more_runs,
            writes=writes,
            more_writes=more_writes,
            tags=sorted(set(segment_store.tags_by_bit(session, shop_id).values())),
        )


@blueprint.get("/activity/decisions")
@auth.fetched
def decisions() -> str:
    """What waits for a decision now."""
    with db.read() as session:
        shop_id, said = api.asking_shop(session).id, language.current()
        found = activity.failures(session, shop_id, clock.now(), said)
        waiting = activity.waiting(session, shop_id, said)
    return render_template("activity_decisions.html", waiting=waiting, failures=found)


@blueprint.get("/activity/runs")
@auth.fetched
def more_runs() -> str:
    """The next runs."""
    with db.read() as session:
        shop_id = api.asking_shop(session).id
        lines, more = activity.run_lines(session, shop_id, activity_api.row_after(), language.current())
    return render_template("activity_runs.html", runs=lines, more_runs=more)


@blueprint.get("/activity/writes")
@auth.fetched
def more_writes() -> str:
    """Tag writes by a filter, or the next of them."""
    with db.read() as session:
        shop_id = api.asking_shop(session).id
        lines, more = activity.write_lines(session, shop_id, activity_api.filter_asked(), activity_api.row_after())
    return render_template("activity_writes.html", writes=lines, more_writes=more)
