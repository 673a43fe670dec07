"""Takes Prometheus's expressions apart, as far as ours go: whoever writes one wrong is told before Prometheus is.

Grammar: operators by their precedence, selectors with ranges, aggregations, calls, numbers.
Reference: https://prometheus.io/docs/prometheus/latest/querying/basics/
"""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r'\s*(?:(?P<duration>\d+[smhdw])|(?P<number>\d+(?:\.\d+)?(?:e\d+)?)|(?P<text>"[^"]*")'
    r"|(?P<word>[a-zA-Z_:][\w:]*)|(?P<sign>=~|!~|!=|==|>=|<=|[-+*/(){}\[\],=<>]))"
)
BY_PRECEDENCE = (("or",), ("and", "unless"), ("==", "!=", ">", "<", ">=", "<="), ("+", "-"), ("*", "/"))
AGGREGATIONS = {"sum", "max", "min", "avg", "count"}
# What each function takes: a number, a selector at an instant, or one with a range.
FUNCTIONS = {
    "time": (),
    "absent": ("instant",),
    "rate": ("range",),
    "increase": ("range",),
    "delta": ("range",),
    "histogram_quantile": ("number", "instant"),
}


class Malformed(Exception):
    """Not an expression; the message says what was expected where."""


@dataclass(frozen=True, slots=True)
class Selector:
    """What is read: a sample's name, what its labels are compared with, and whether over a range."""

    name: str
    labels: tuple[tuple[str, str, str], ...]
    ranged: bool


@dataclass(slots=True)
class Expression:
    """An expression taken apart: what it reads, and by which labels it groups and matches."""

    text: str
    selectors: list[Selector] = field(default_factory=list)
    grouped_by: set[str] = field(default_factory=set)
    _tokens: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        at = 0
        while self.text[at:].strip():
            token = TOKEN.match(self.text, at)
            if token is None:
                raise Malformed(f"{self.text[at : at + 20]!r} in {self.text}")
            self._tokens.append(token.group().strip())
            at = token.end()
        self._operators(0)
        if self._tokens:
            raise Malformed(f"{self._tokens[0]!r} is left over in {self.text}")

    def _operators(self, level: int) -> str:
        if level == len(BY_PRECEDENCE):
            return self._operand()
        kind = self._operators(level + 1)
        while self._next() in BY_PRECEDENCE[level]:
            self._take()
            if self._next() in ("on", "ignoring"):
                self._take()
                self.grouped_by |= set(self._names())
            other = self._operators(level + 1)
            if "range" in (kind, other):
                raise Malformed(f"A range is compared in {self.text}")
            kind = "instant" if "instant" in (kind, other) else "number"
        return kind

    def _operand(self) -> str:
        token = self._take()
        if token == "(":
            kind = self._operators(0)
            self._take(")")
            return kind
        if re.fullmatch(r"\d+(\.\d+)?(e\d+)?", token):
            return "number"
        if token in AGGREGATIONS:
            return self._aggregation()
        if token in FUNCTIONS and self._next() == "(":
            return self._call(token)
        if not re.fullmatch(r"[a-zA-Z_:][\w:]*", token) or self._next() == "(":
            raise Malformed(f"{token!r} in {self.text}")
        return self._selector(token)

    def _aggregation(self) -> str:
        if self._next() == "by":
            self._take()
            self.grouped_by |= set(self._names())
        self._take("(")
        if self._operators(0) != "instant":
            raise Malformed(f"Nothing to aggregate in {self.text}")
        self._take(")")
        return "instant"

    def _call(self, name: str) -> str:
        self._take("(")
        for place, wanted in enumerate(FUNCTIONS[name]):
            if place:
                self._take(",")
            if self._operators(0) != wanted:
                raise Malformed(f"{name} takes a {wanted} in {self.text}")
        self._take(")")
        return "instant" if FUNCTIONS[name] else "number"

    def _selector(self, name: str) -> str:
        labels = []
        if self._next() == "{":
            self._take()
            while self._next() != "}":
                label, comparison, value = self._take(), self._take(), self._take()
                if comparison not in ("=", "!=", "=~", "!~") or not value.startswith('"'):
                    raise Malformed(f"{label}{comparison}{value} in {self.text}")
                labels.append((label, comparison, value.strip('"')))
                if self._next() == ",":
                    self._take()
            self._take("}")
        ranged = self._next() == "["
        if ranged:
            self._take()
            if not re.fullmatch(r"\d+[smhdw]", duration := self._take()):
                raise Malformed(f"[{duration}] in {self.text}")
            self._take("]")
        self.selectors.append(Selector(name, tuple(labels), ranged))
        return "range" if ranged else "instant"

    def _names(self) -> list[str]:
        self._take("(")
        names = []
        while self._next() != ")":
            names.append(self._take())
            if self._next() == ",":
                self._take()
        self._take(")")
        return names

    def _next(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self, wanted: str | None = None) -> str:
        if not self._tokens or (wanted is not None and self._tokens[0] != wanted):
            raise Malformed(f"{wanted or 'more'} expected before {' '.join(self._tokens[:3])!r} in {self.text}")
        return self._tokens.pop(0)
