"""The command that examines an installation and says what to do. plugin/doctor does the looking."""

import json
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from plugin.doctor.finding import Examined, Finding

WIDTH = 12


@click.command()
@click.option("--all", "everybody", is_flag=True, help="Ask every shop and compare every history, not some.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(*, everybody: bool, as_json: bool) -> None:
    """Examine the installation. Exit code 0: all is well; 1: something was found; 2: there is no looking."""
    from plugin import app
    from plugin.config import ConfigError
    from plugin.doctor import examination
    from plugin.doctor.finding import CannotLook, Finding

    done: list[Examined] = []
    stopped: Finding | None = None
    try:
        for examined in examination.examine(app.start(), everybody):
            done.append(examined)
            if not as_json:
                _tell(examined)
    except CannotLook as error:
        stopped = Finding(str(error), error.todo)
    except ConfigError as error:
        stopped = Finding(str(error), "docs/configuration.md explains each setting.")
    found = [each for examined in done for each in examined.findings if not each.is_note]
    code = 2 if stopped else 1 if found else 0
    if as_json:
        click.echo(json.dumps(_as_json(done, stopped, code), indent=2, ensure_ascii=False))
    else:
        if stopped:
            _tell_finding("stopped", stopped)
        click.echo(_verdict(code, len(found)))
    sys.exit(code)


def _tell(examined: "Examined") -> None:
    wrong = any(not each.is_note for each in examined.findings)
    click.echo(f"{'FOUND' if wrong else 'ok':<6}{examined.about:<{WIDTH}}{examined.said}")
    for each in examined.findings:
        _tell_finding("note" if each.is_note else "", each)


def _tell_finding(label: str, found: "Finding") -> None:
    click.echo(f"{label:>16}  {found.said}")
    click.echo(f"{'':>16}  -> {found.todo}")


def _verdict(code: int, count: int) -> str:
    if code == 2:
        return "Not everything could be examined."
    return "All is well." if not code else f"{count} things to mend." if count > 1 else "One thing to mend."


def _as_json(done: "list[Examined]", stopped: "Finding | None", code: int) -> dict[str, Any]:
    return {
        "verdict": ("well", "found", "stopped")[code],
        "examined": [
            {"about": each.about, "said": each.said, "findings": [_finding(found) for found in each.findings]}
            for each in done
        ],
        "stopped": _finding(stopped) if stopped else None,
    }


def _finding(found: "Finding") -> dict[str, Any]:
    return {"said": found.said, "todo": found.todo, "note": found.is_note}
