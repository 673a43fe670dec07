"""A shop's segments as a YAML file: written for a person to edit, read again with the line of whatever is wrong.

The commands and the page export and import with it, and rehearsals read theirs. JSON is YAML too.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from plugin.segments.rules import Problem

LARGEST = 256_000
ORDER = ("name", "tag", "conditions", "keep", "ladder", "minimum_stay", "on")


class UnreadableFile(ValueError):
    """The file is no list of segments at all; the message says where it stops being one."""


class _Loader(yaml.SafeLoader):
    """Safe, and without the words and numbers of old YAML: NO is Norway, on is a word, 1:30 is no number of seconds."""


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$", re.IGNORECASE), list("tTfF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?[0-9]+\.[0-9]+$"), list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])


def write(definitions: Sequence[Mapping[str, Any]]) -> str:
    """The file of these definitions."""
    ordered = [{key: each[key] for key in (*ORDER, *(set(each) - set(ORDER))) if key in each} for each in definitions]
    # One segment a paragraph, one condition a line.
    style: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 10_000, "default_flow_style": None}
    paragraphs = [yaml.safe_dump([each], **style) for each in ordered]
    return "\n".join(paragraphs) if paragraphs else "[]\n"


def read(text: str) -> list[Any]:
    """What the file lists; UnreadableFile if it is no list or says a thing twice. Judges nothing else."""
    if len(text) > LARGEST:
        raise UnreadableFile(f"is longer than {LARGEST:,} characters")
    try:
        document = yaml.compose(text, _Loader)
        for node, key in _keys_said_twice(document, set()):
            raise UnreadableFile(f"says {key!r} twice in one place, line {node.start_mark.line + 1}")
        found = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, UnreadableFile):
            raise
        raise UnreadableFile(f"is not YAML{_place(error)}") from error
    if not isinstance(found, list):
        raise UnreadableFile("must be a list of segments: each one begins with a dash")
    return found


def with_lines(problems: Sequence[Problem], text: str) -> Iterator[str]:
    """What is wrong with a file that could be read, each with its line."""
    document = yaml.compose(text, _Loader)
    for path, message in problems:
        where = f"line {_line(document, path)}: " if path else ""
        yield f"{where}{path + ' ' if path else ''}{message}"


def _line(node: yaml.Node | None, path: str) -> int:
    """Where the entry stands, or what it is missing from."""
    line = 0
    for step in path.split("."):
        if node is None:
            break
        line = node.start_mark.line
        node = _entry(node, step)
    return (line if node is None else node.start_mark.line) + 1


def _entry(node: yaml.Node, step: str) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
        found: yaml.Node = node.value[int(step)]
        return found
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None


def _keys_said_twice(node: yaml.Node | None, visited: set[int]) -> Iterator[tuple[yaml.Node, str]]:
    # A file may name one place many times over: each is looked at once.
    if node is None or id(node) in visited or isinstance(node, yaml.ScalarNode):
        return
    visited.add(id(node))
    children = node.value
    if isinstance(node, yaml.MappingNode):
        names = [key.value for key, _ in node.value]
        yield from ((key, key.value) for i, (key, _) in enumerate(node.value) if key.value in names[:i])
        children = [child for _, child in node.value]
    for child in children:
        yield from _keys_said_twice(child, visited)


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None)
    return f", line {mark.line + 1}{f': {problem}' if problem else ''}" if mark else ""
