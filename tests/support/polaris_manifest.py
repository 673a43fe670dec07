"""Polaris as Shopify publishes it (custom-elements.json 1.1.0), which `make test` fetches, and pages held against it.

`of_template` reads Jinja as it is written, so that what only one shop would see is looked at too.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

PATH = Path(__file__).parents[2] / ".cache" / "polaris_1.1.0.json"

# App Bridge brings these; the manifest is of Polaris alone.
FROM_APP_BRIDGE = {"s-app-nav", "s-app-window"}
# What any element may carry, Polaris' own too; `rel` marks the home link of the navigation.
GLOBAL = {"id", "class", "hidden", "slot", "lang", "dir", "tabindex", "title", "name", "rel", "autofocus"}
GLOBAL_PREFIXES = ("data-", "aria-")
UNKNOWN = "\ue000"


@dataclass(frozen=True, slots=True)
class Element:
    """What one tag takes. `values`: of an attribute, the words allowed; empty where any will do."""

    values: dict[str, frozenset[str]]
    slots: frozenset[str]
    events: frozenset[str]


@cache
def elements() -> dict[str, Element]:
    """All of them, by tag; the test fails where the file is absent."""
    if not PATH.exists():
        pytest.fail("No manifest of Polaris here: run make test, which fetches it")
    declared = [each for module in json.loads(PATH.read_text())["modules"] for each in module["declarations"]]
    return {each["tagName"]: _element(each) for each in declared if "tagName" in each}


def of_template(source: str) -> list[str]:
    """What a template does that Polaris does not know."""
    return [fault for tag, attributes, parent in _tags(source) for fault in _faults(tag, attributes, parent)]


def of_script(source: str) -> list[str]:
    """What a script makes that Polaris does not know. Read by its words: only what no element knows is found."""
    faults = [f"<{tag}> does not exist" for tag in tags_in_script(source) if not _known(tag)]
    for name, value in re.findall(r"""setAttribute\(\s*["']([\w-]+)["']\s*,\s*(?:["']([^"'$]*)["'])?""", source):
        if not _fits_somewhere(name, value or UNKNOWN):
            faults.append(f'no element takes {name}="{value}"')
    slots = frozenset().union(*(each.slots for each in elements().values()))
    named = re.findall(r"""\.slot\s*=\s*["']([\w-]+)["']""", source)
    return [*faults, *(f"no element has the slot {name}" for name in named if name not in slots)]


def tags_in_template(source: str) -> set[str]:
    """The Polaris elements a template uses."""
    return {tag for tag, _, _ in _tags(source) if tag.startswith("s-")}


def tags_in_script(source: str) -> set[str]:
    """The Polaris elements a script or style sheet names."""
    return set(re.findall(r"(?<![\w.#-])s-[a-z]+(?:-[a-z]+)*(?![\w-])", source))


def _element(declared: dict) -> Element:
    attributes = {each["name"]: each for each in declared.get("attributes", ()) if "name" in each}
    return Element(
        values={name: _words((each.get("type") or {}).get("text", "")) for name, each in attributes.items()},
        slots=frozenset(each["name"] for each in declared.get("slots", ())),
        events=frozenset(each["name"] for each in declared.get("events", ())),
    )


def _words(kind: str) -> frozenset[str]:
    """The words of a type that is nothing but words: lengths and templates are written otherwise, and not looked at."""
    written = re.fullmatch(r'"[^"]*"(?: \| "[^"]*")*', kind)
    # Lengths are cut down to their keywords in the manifest: 100% and 12px are allowed beside "auto" and "0".
    words = frozenset(re.findall(r'"([^"]*)"', kind)) if written else frozenset()
    return frozenset() if words & {"0"} or words == {"auto"} else words


def _faults(tag: str, attributes: list[tuple[str, set[str]]], parent: str) -> Iterator[str]:
    for name, values in attributes:
        if name == "slot" and _known(parent) and parent.startswith("s-") and parent not in FROM_APP_BRIDGE:
            yield from (f"<{parent}> has no slot {slot}" for slot in values if slot not in elements()[parent].slots)
    if not tag.startswith("s-") or tag in FROM_APP_BRIDGE:
        return
    if not _known(tag):
        yield f"<{tag}> does not exist"
        return
    known = elements()[tag].values
    for name, values in attributes:
        if name.startswith(GLOBAL_PREFIXES) or (name in GLOBAL and name not in known):
            continue
        if name not in known:
            yield f"<{tag}> has no attribute {name}"
        elif known[name]:
            yield from (f'<{tag} {name}="{value}"> is not among its words' for value in values - known[name])


def _known(tag: str) -> bool:
    return tag in elements() or tag in FROM_APP_BRIDGE


def _fits_somewhere(name: str, value: str) -> bool:
    if name.startswith(GLOBAL_PREFIXES) or name in GLOBAL or name in HTML:
        return True
    taking = [each.values[name] for each in elements().values() if name in each.values]
    return any(not words or value in words or value == UNKNOWN for words in taking)


# Attributes of plain HTML and SVG that scripts set.
HTML = {"href", "value", "max", "min", "width", "height", "x", "y", "d", "points", "role", "type", "open", "checked"}


class _Reader(HTMLParser):
    """Notes every opening tag with its attributes and the element it is in."""

    VOID = {"meta", "link", "input", "br", "hr", "img", "rect", "line", "circle", "path", "polyline", "use"}

    def __init__(self, outcomes: dict[str, set[str]]) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, set[str]]], str]] = []
        self._open: list[str] = []
        self._outcomes = outcomes

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        read: list[tuple[str, set[str]]] = []
        for name, value in attrs:
            if name in self._outcomes:  # an expression in the place of an attribute: {{ "hidden" if ... }}
                read += [(each.split("=")[0], set()) for each in self._outcomes[name] if each]
            else:
                written = value or ""
                read.append((name, self._outcomes.get(written, set() if UNKNOWN in written else {written})))
        self.found.append((tag, read, self._open[-1] if self._open else ""))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass


def _tags(source: str) -> list[tuple[str, list[tuple[str, set[str]]], str]]:
    outcomes: dict[str, set[str]] = {}

    def stand_in(match: re.Match[str]) -> str:
        mark = f"{UNKNOWN}{len(outcomes)}{UNKNOWN}"
        outcomes[mark] = _outcomes(match[1])
        return mark

    plain = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    plain = re.sub(r"\{%.*?%\}", " ", plain, flags=re.DOTALL)
    reader = _Reader(outcomes)
    reader.feed(re.sub(r"\{\{-?(.*?)-?\}\}", stand_in, plain, flags=re.DOTALL))
    return reader.found


def _outcomes(expression: str) -> set[str]:
    """What an expression can come to as far as it is written out: both sides of an `if`, and nothing of a variable."""
    [shown] = Environment(autoescape=True).parse(f"{{{{ {expression} }}}}").find_all(nodes.Output)
    return set(_constants(shown.nodes[0]))


def _constants(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.CondExpr):
        for side in (node.expr1, node.expr2):
            if side is not None:
                yield from _constants(side)
    elif isinstance(node, nodes.Const):
        yield str(node.value)
    elif isinstance(node, nodes.TemplateData):
        yield node.data
