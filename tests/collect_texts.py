"""Collects every text for merchants from code, templates, scripts and the catalogue; renews the translations' files.

`make texts` runs it. New texts come without a translation, those nobody says any more are dropped; tests/unit says
which are missing.
"""

import ast
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import extract, pofile
from babel.messages.catalog import Catalog
from jinja2.ext import babel_extract

from plugin import language
from plugin.segments import catalogue

PROJECT = Path(__file__).parents[1]
# The names of functions whose first argument is a text, or whose first two are its forms for one and for many.
ALONE = ("text", "say", "message", "Said", "_", "gettext")
FORMS = ("plural", "forms", "ngettext")
IN_SCRIPTS = {"say": None, "sayMany": (1, 2)}
IN_TEMPLATES = {"_": None, "gettext": None, "ngettext": (1, 2)}

Found = tuple[str, str | tuple[str, str]]


def found() -> Iterator[Found]:
    """Each text with the file that says it."""
    for package in ("plugin", "admin_ui"):
        for path in sorted((PROJECT / package).rglob("*.py")):
            if "db" not in path.parts:
                yield from ((_name(path), each) for each in _of_python(path.read_text()))
    for path in sorted((PROJECT / "admin_ui/templates").rglob("*.html")):
        yield from ((_name(path), each) for each in _of_template(path.read_bytes()))
    for path in sorted((PROJECT / "admin_ui/static").rglob("*.js")):
        yield from ((_name(path), each) for each in _of_script(path.read_bytes()))
    yield from (("plugin/segments/catalogue.yaml", each) for each in _of_catalogue())


def collected() -> Catalog:
    """All of them, each once."""
    texts = Catalog()
    for path, text in found():
        texts.add(text, locations=[(path, None)])
    return texts


def translated(code: str) -> Catalog:
    """The translations as they are written down."""
    with language.catalogue(code).open("rb") as written:
        return pofile.read_po(written, locale=code)


def _of_python(source: str) -> Iterator[str | tuple[str, str]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        said = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if name in ALONE and node.args and isinstance(node.args[0], ast.Constant) and said:
            yield said[0]
        if name == "abort" and said:
            yield said[0]
        if name in FORMS and len(said) >= 2:
            yield said[0], said[1]


def _of_template(source: bytes) -> Iterator[str | tuple[str, str]]:
    for _, name, texts, _ in babel_extract(BytesIO(source), list(IN_TEMPLATES), [], {}):
        said = [text for text in (texts if isinstance(texts, tuple) else (texts,)) if text]
        if said:
            yield (said[0], said[1]) if name == "ngettext" else said[0]


def _of_script(source: bytes) -> Iterator[str | tuple[str, str]]:
    for _, texts, _, _ in extract.extract("javascript", BytesIO(source), IN_SCRIPTS):
        yield (texts[0], texts[1]) if isinstance(texts, tuple) else texts


def _of_catalogue() -> Iterator[str]:
    for preset in catalogue.presets():
        definition = preset.definition()
        yield from (definition["name"], preset.group, preset.idea, *preset.blanks.values())
        if "ladder" in definition:
            yield definition["ladder"]["name"]


def _name(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def write(code: str, renewed: Catalog) -> None:
    """Write translations down; the head has no dates, so that a file changes with its texts only."""
    with language.catalogue(code).open("wb") as written:
        written.write(HEAD.format(code=code).encode())
        pofile.write_po(written, renewed, include_lineno=False, omit_header=True, width=120)


HEAD = """\
msgid ""
msgstr ""
"Project-Id-Version: Regulars\\n"
"Language: {code}\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def main() -> None:
    """Renew all files; a text whose English has changed is a new one."""
    texts = collected()
    for code in language.LANGUAGES[1:]:
        known = {each.id: each.string for each in translated(code) if each.id}
        renewed = Catalog(locale=code)
        for each in texts:
            if each.id:
                renewed.add(each.id, string=known.get(each.id, ""), locations=each.locations)
        write(code, renewed)
        missing = sum(1 for each in renewed if each.id and not all(forms(each.string)))
        sys.stdout.write(f"{code}: {len(renewed)} texts, {missing} without a translation\n")


def forms(string: str | tuple[str, ...]) -> tuple[str, ...]:
    """All forms of a translation: one, or those for one and for many."""
    return string if isinstance(string, tuple) else (string,)


if __name__ == "__main__":
    main()
