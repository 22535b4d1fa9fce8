"""Print tables and errors to the terminal with Rich, or as plain lines to a file or pipe.

See `cli.progress` for the progress of a run.

Whatever is printed may contain names that others chose, so nothing in a text controls the terminal or is read as Rich's markup.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from json import dumps
from typing import IO, Any, Literal

from rich import table as rich_table
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from orchestration.figures import cell_text
from warehouse.printable import printable

WIDTH_WITHOUT_TERMINAL = 10_000  # a file or a pipe has no width: no line is cut or wrapped
LINES = "\n\t"
GAP = 2  # blanks between two columns
READABLE = 20  # characters: no column of sentences is narrower
NUMBERS = {int, float, Decimal}  # not bool, which is an int
LONGEST_ID = 48  # characters: longer texts without a blank are paths and hashes, which may be broken


class LiteralConsole(Console):
    """Prints texts as they are: control characters are escaped, and markup and emoji codes are not read."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return the text, of a line or of a cell of a table."""
        return super().render_str(printable(text, LINES), **{**options, "markup": False, "emoji": False})


def console_of(file: IO[str] | None = None, *, stderr: bool = False, width: int | None = None) -> LiteralConsole:
    """A console that writes to a file, or to stdout or stderr. `width`: of the terminal that the file's text is for."""
    is_terminal = width is not None or (file or (sys.stderr if stderr else sys.stdout)).isatty()
    return LiteralConsole(
        file=file, stderr=stderr, width=width if is_terminal else WIDTH_WITHOUT_TERMINAL, highlight=False,
        force_terminal=True if width else None, soft_wrap=not is_terminal,
    )  # fmt: skip


out, err = console_of(), console_of(stderr=True)


def print_error(error: object, exit_code: int) -> int:
    """Print the error to stderr and return the exit code, for `sys.exit`."""
    err.print(f"levelground: {error}", style="red")
    return exit_code


def print_json(data: object) -> None:
    """Print data as JSON; what JSON lacks, such as dates, is printed as text."""
    print(dumps(data, indent=1, default=str))


def print_rows(
    rows: Sequence[Mapping[str, Any]], columns: Iterable[str] | Mapping[str, str], *, json: bool, spare: Sequence[str] = ()
) -> None:
    """Print rows as JSON, or these columns of theirs as a table. `columns`: keys, each with its heading if it has another one.

    `spare`: headings of the columns that a narrow terminal leaves out (see `Table`).
    """
    if json:
        print_json(rows)
        return
    names = columns if isinstance(columns, Mapping) else {name: name for name in columns}
    out.print(Table(None, [*names.values()], [[row[name] for name in names] for row in rows], spare=spare))


@dataclass(frozen=True)
class Table:
    """A table of values for Rich; columns of numbers, and those of texts that `right` names, are aligned at their right.

    On a narrow terminal the columns of `spare` go, the first first, until ids and numbers fit on one line. If they never do, each
    row is printed as a record.
    """

    title: str | None
    columns: Sequence[str]
    rows: Collection[Sequence[object]]
    right: Sequence[str] = ()
    spare: Sequence[str] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, with a line that names the columns which do not fit, or the rows as records."""
        cells = [[cell_text(row[place]) for row in self.rows] for place in range(len(self.columns))]
        least = [_least_width(name, texts) for name, texts in zip(self.columns, cells, strict=True)]
        places = [*range(len(self.columns))]
        gone: list[str] = []
        for name in (*self.spare, None):
            if sum(least[place] for place in places) + GAP * (len(places) - 1) <= options.max_width:
                yield self._table(places, cells)
                if gone:
                    yield Text(f"not shown: {', '.join(gone)}; a wider window shows more", style="dim")
                return
            if name is not None:
                gone.append(name)
                places.remove(self.columns.index(name))
        yield from self._records(cells)

    def _table(self, places: Sequence[int], cells: Sequence[Sequence[str]]) -> rich_table.Table:
        built = rich_table.Table(title=self.title, title_justify="left", box=None, pad_edge=False, header_style="bold")
        for place in places:
            name = self.columns[place]
            types = {type(row[place]) for row in self.rows if row[place] is not None}
            is_right = name in self.right or (bool(types) and types <= NUMBERS)
            alignment: Literal["left", "right"] = "right" if is_right else "left"
            # no `min_width`: Rich 15 wraps such cells one word later than it cuts them, and the word is lost
            on_one_line = is_right or all(_is_id(text) for text in cells[place])
            built.add_column(name, justify=alignment, no_wrap=on_one_line, overflow="fold")
        for line in zip(*(cells[place] for place in places), strict=True):
            built.add_row(*line)
        return built

    def _records(self, cells: Sequence[Sequence[str]]) -> Iterator[Text | rich_table.Table]:
        if self.title:
            yield Text(self.title, style="italic")
        for number, line in enumerate(zip(*cells, strict=True)):
            if number:
                yield Text()
            record = rich_table.Table.grid(padding=(0, GAP))
            record.add_column(style="bold", no_wrap=True)
            record.add_column(overflow="fold")
            for name, text in zip(self.columns, line, strict=True):
                record.add_row(name, text)
            yield record


def _is_id(text: str) -> bool:
    return " " not in text and len(text) <= LONGEST_ID


def _least_width(name: str, texts: Iterable[str]) -> int:
    """The least width that is readable: ids and numbers on one line, other texts in lines of some words."""
    words = [len(word) for word in name.split()]
    words.extend(len(text) if _is_id(text) else min(len(text), READABLE) for text in texts)
    return max(words, default=0)


def short_time(moment: object) -> str | None:
    """A moment in ISO form to the minute, or as a day where it is midnight; `None` where there is none."""
    text = str(moment)[:16].replace("T", " ") if moment else None
    return text.removesuffix(" 00:00") if text else None
