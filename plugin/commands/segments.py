"""`regulars segments`: a shop's whole set as a file, and back; `regulars suggest`: thresholds that would fit it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plugin.commands import named_shop

if TYPE_CHECKING:
    from plugin.segments.rules import Problem
    from plugin.standing.preview import Preview

TO_SCREEN = Path("-")
SAVED = "Saved; the workers judge every customer anew."


@click.group()
def segments() -> None:
    """A shop's segments as a YAML file."""


@segments.command("export")
@click.argument("shop_domain", metavar="SHOP")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default=TO_SCREEN)
def export(shop_domain: str, file: Path) -> None:
    """Write a shop's segments to FILE, or to the screen."""
    from plugin.db import session
    from plugin.segments import segment_file
    from plugin.standing import segment_store

    with named_shop.opened(shop_domain) as shop, session.read() as reading:
        definitions = segment_store.definitions(reading, shop.id)
    text = segment_file.write(definitions)
    if file == TO_SCREEN:
        click.echo(text, nl=False)
        return
    file.write_text(text, encoding="utf-8")
    click.echo(f"{len(definitions)} segments: {file}")


@segments.command("import")
@click.argument("shop_domain", metavar="SHOP")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def import_(shop_domain: str, file: Any, *, dry_run: bool) -> None:
    """Make the segments in FILE the shop's only ones, and say who enters and leaves."""
    from plugin import clock, queues, runs
    from plugin.db import session
    from plugin.segments import segment_file
    from plugin.segments.rules import InvalidDefinition
    from plugin.standing import checking, preview, segment_store

    text, definitions = _read(file)
    with named_shop.opened(shop_domain) as shop:
        try:
            with session.read() as reading:
                seen = preview.preview(reading, shop.id, definitions, clock.now())
            _say(seen)
            doubts = checking.check(shop.id, definitions).clashes.warnings
            for line in segment_file.with_lines(doubts, text):
                click.echo(f"Note: {line}")
            if dry_run:
                click.echo("Nothing was changed.")
                return
            with session.write() as writing:
                changed = segment_store.save(writing, shop.id, definitions, clock.now())
                if changed:
                    runs.start_refresh(writing, shop.id, clock.now())
        except InvalidDefinition as wrong:
            raise click.ClickException(_told(wrong.problems, file.name, text)) from wrong
        if changed:
            queues.wake("run", shop.id)
    click.echo(SAVED if changed else "It was so already.")


@segments.command()
@click.argument("shop_domain", metavar="SHOP")
@click.argument("scale", type=click.Choice(["quintiles", "table"]))
def scale(shop_domain: str, scale: str) -> None:
    """Say whether customers are scored against the shop's other customers or by the absolute table."""
    from plugin import clock, queues, runs
    from plugin.db import session
    from plugin.standing import segment_store

    with named_shop.opened(shop_domain) as shop:
        with session.write() as writing:
            changed = segment_store.choose_scale(writing, shop.id, scale)
            if changed:
                runs.start_refresh(writing, shop.id, clock.now())
        if changed:
            queues.wake("run", shop.id)
    click.echo(SAVED if changed else "It was so already.")


@segments.command()
@click.argument("shop_domain", metavar="SHOP")
@click.argument("tag")
def on(shop_domain: str, tag: str) -> None:
    """Put customers into the segment with this TAG from now on."""
    _switch(shop_domain, tag, on=True)


@segments.command()
@click.argument("shop_domain", metavar="SHOP")
@click.argument("tag")
def off(shop_domain: str, tag: str) -> None:
    """Put nobody into the segment with this TAG; its tag is taken off. The segment is kept."""
    _switch(shop_domain, tag, on=False)


@click.command()
@click.argument("shop_domain", metavar="SHOP")
def suggest(shop_domain: str) -> None:
    """Suggest thresholds that fit a shop's own numbers, with the evidence. Changes nothing."""
    from plugin.db import session
    from plugin.segments import suggestions
    from plugin.shop import shops
    from plugin.standing import baselines

    with named_shop.opened(shop_domain) as shop, session.read() as reading:
        stored = baselines.newest(reading, shop.id)
    baseline, voice = stored.baseline if stored else None, shops.language(shop)
    found, basis = suggestions.of(baseline, voice.digits, voice)
    click.echo(basis)
    for each in found:
        click.echo(f"{each.key} ({each.path}): {each.value}\n    {each.evidence}")


def _switch(shop_domain: str, tag: str, *, on: bool) -> None:
    from plugin import clock, queues, runs
    from plugin.db import session
    from plugin.standing import segment_store

    with named_shop.opened(shop_domain) as shop:
        with session.write() as writing:
            bits = {segment.tag.casefold(): segment.bit for segment in segment_store.active(writing, shop.id)}
            if tag.casefold() not in bits:
                raise click.ClickException(f"The shop has no segment with the tag {tag}")
            changed = segment_store.switch(writing, shop.id, bits[tag.casefold()], on, clock.now())
            if changed:
                runs.start_refresh(writing, shop.id, clock.now())
        if changed:
            queues.wake("run", shop.id)
    click.echo(SAVED if changed else "It was so already.")


def _read(file: Any) -> tuple[str, list[Any]]:
    from plugin.segments import segment_file

    try:
        text: str = file.read(segment_file.LARGEST + 1)
        return text, segment_file.read(text)
    except UnicodeDecodeError as wrong:
        raise click.ClickException(f"{file.name} is no text in UTF-8") from wrong
    except segment_file.UnreadableFile as wrong:
        raise click.ClickException(f"{file.name} {wrong}") from wrong


def _say(seen: "Preview") -> None:
    for line in seen.segments:
        what = f"waits: {line.waits}" if line.waits else f"{line.members:,} customers"
        click.echo(f"{line.name} (tag: {line.tag}): {what}, {line.entering:,} enter, {line.leaving:,} leave")


def _told(problems: "Sequence[Problem]", name: str, text: str) -> str:
    from plugin.segments import segment_file

    return "\n".join([f"{name} cannot be taken over:", *segment_file.with_lines(problems, text)])
