"""Files of survey answers as merchants have them: CSV from any spreadsheet, with columns for the customer, the score
and the date. Read line by line, however long; a line that cannot be read says why and holds up no other.

Cells are never repeated in what is said of them: a report can be opened in a spreadsheet without running anything.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import BinaryIO

from plugin.schemas import scores
from plugin.schemas.facts import EARLIEST, PromoterAnswer
from plugin.shopify import ids

# A comment may go over several lines; a quotation mark that nobody closed must not take the rest of the file with it.
LINES_A_RECORD = 50
LONGEST_LINE = 20_000
LARGEST_ID = 2**63 - 1
DELIMITERS = ",;\t"

CUSTOMER, SCORE, DATE = "customer", "score", "date"
# Column names are compared in lower case, with blanks for underscores and hyphens.
COLUMNS: Mapping[str, Sequence[str]] = {
    CUSTOMER: ("customer id", "customer gid", "shopify customer id", "customer", "gid", "id"),
    SCORE: ("score", "nps", "nps score", "promoter score", "rating"),
    DATE: ("date", "answered at", "answered on", "submitted at", "created at", "response date"),
}
MISSING = {
    CUSTOMER: 'There is no column for the customer: one named "customer id", with the customer\'s number in Shopify or '
    "the gid.",
    SCORE: 'There is no column for the answer: one named "score", from 0 to 10.',
    DATE: 'There is no column for the day of the answer: one named "date".',
}
ONLY_EMAILS = (
    " Email addresses are not enough: Regulars stores none, so it cannot match them. Export the customer ids from your "
    "survey tool, or add them from Shopify's customer export."
)
NOT_UTF_8 = "This is not a CSV file in UTF-8. Save it as “CSV UTF-8” and upload it again."
ROUNDED = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+", re.ASCII)


class FileRefused(Exception):
    """Nothing in the file can be read; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one line says, or the problem with it. `number` counts the lines of the file as a text editor does."""

    number: int
    answer: PromoterAnswer | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where in a line the three things stand."""

    places: Mapping[str, int]
    delimiter: str
    count: int

    def cell(self, cells: Sequence[str], column: str) -> str:
        return cells[self.places[column]].strip()


def read(stream: BinaryIO, zone: tzinfo, latest: datetime) -> Iterator[Line]:
    """Every line behind the heading, but for empty ones; FileRefused if there is no fit heading.

    Times without an offset are the shop's own (`zone`); none may be later than `latest`.
    """
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline=None)
    lines = _Lines(text)
    columns = _heading(lines)
    while (first := lines.peek(0)) is not None:
        number = lines.number
        if len(first) > LONGEST_LINE:
            lines.take(1)
            yield Line(number, problem=f"The line is longer than {LONGEST_LINE:,} characters.")
            continue
        cells = _record(lines, columns.delimiter)
        if cells is None:
            yield Line(number, problem="The line is not CSV: a quotation mark is not closed, or stands alone.")
        elif any(cell.strip() for cell in cells):
            yield _line(number, cells, columns, zone, latest)


class _Lines:
    """The lines of a text, some ahead of where the reader is. What is too long comes as more than LONGEST_LINE."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text, self._ahead = text, deque[str]()
        self.number = 1

    def peek(self, offset: int) -> str | None:
        while len(self._ahead) <= offset:
            line = self._text.readline(LONGEST_LINE + 2)
            if not line:
                return None
            end = line
            while end and not end.endswith("\n"):  # the rest of what is too long, or the end of the text
                end = self._text.readline(LONGEST_LINE)
            self._ahead.append(line)
        return self._ahead[offset]

    def take(self, count: int) -> None:
        for _ in range(count):
            self._ahead.popleft()
        self.number += count


def _record(lines: _Lines, delimiter: str) -> list[str] | None:
    """The cells of the next record, which may go over several lines; None if it is none, and one line is gone."""
    used = 0

    def feed() -> Iterator[str]:
        nonlocal used
        while used < LINES_A_RECORD and (line := lines.peek(used)) is not None:
            used += 1
            yield line

    try:
        cells = next(csv.reader(feed(), delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        lines.take(1)
        return None
    lines.take(used)
    return cells


def _heading(lines: _Lines) -> _Columns:
    while (first := lines.peek(0)) is not None and not first.strip():
        lines.take(1)
    if first is None:
        raise FileRefused("The file is empty.")
    if "\x00" in first or first.count("\ufffd") > 1:
        raise FileRefused(NOT_UTF_8)
    delimiter = max(DELIMITERS, key=first.count)
    cells = _record(lines, delimiter) if len(first) <= LONGEST_LINE else None
    names = [re.sub(r"[\s_-]+", " ", cell).strip().lower() for cell in cells or ()]
    found = {column: _place(names, known) for column, known in COLUMNS.items()}
    missing = [MISSING[column] for column, place in found.items() if place is None]
    if missing:
        emails = found[CUSTOMER] is None and any("email" in name or "e mail" in name for name in names)
        raise FileRefused(" ".join(missing) + (ONLY_EMAILS if emails else ""))
    return _Columns({column: place for column, place in found.items() if place is not None}, delimiter, len(names))


def _place(names: Sequence[str], known: Sequence[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _line(number: int, cells: Sequence[str], columns: _Columns, zone: tzinfo, latest: datetime) -> Line:
    if len(cells) <= max(columns.places.values()):
        return Line(number, problem=f"The line has {len(cells)} of the {columns.count} columns.")
    try:
        answer = PromoterAnswer(
            _customer(columns.cell(cells, CUSTOMER)),
            scores.read(columns.cell(cells, SCORE)),
            _instant(columns.cell(cells, DATE), zone, latest),
        )
    except ValueError as error:
        return Line(number, problem=str(error))
    return Line(number, answer)


def _customer(cell: str) -> int:
    # Spreadsheets keep long numbers whole as '123 or ="123"; Shopify's own export writes the former.
    text = re.sub(r'^(?:\'|="(?=.*"$))|"$', "", cell)
    if ROUNDED.fullmatch(text):
        raise ValueError("A spreadsheet has rounded the customer's number: format the column as text, export it anew.")
    if text.startswith("gid:"):
        try:
            text = str(ids.number("Customer", text))
        except ValueError:
            raise ValueError("The gid is not a customer's.") from None
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) <= LARGEST_ID):
        raise ValueError("The customer must be Shopify's number of the customer, or its gid.")
    return int(text)


def _instant(cell: str, zone: tzinfo, latest: datetime) -> datetime:
    try:
        instant = datetime.fromisoformat(re.sub(r"(?:\s*UTC|(?<=:\d\d)\s+(?=[+-]\d))", _offset, cell))
        at = (instant if instant.tzinfo else instant.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("The date must be written like 2026-10-31 or 2026-10-31 14:05.") from None
    if at < EARLIEST:
        raise ValueError("The date is too long ago.")
    if at > latest:
        raise ValueError("The date is in the future.")
    return at


def _offset(found: re.Match[str]) -> str:
    """How fromisoformat writes what stands behind a time."""
    return "+00:00" if found[0].endswith("UTC") else ""
