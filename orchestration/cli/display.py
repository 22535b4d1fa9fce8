"""Print tables and errors to the terminal with Rich, or as plain lines to a file or pipe.

See `cli.progress` for the progress of a run.

Whatever is printed may contain names that others chose, so nothing in a text controls the terminal or is read as Rich's markup.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from json import dumps
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.figures import cell_text
from warehouse.printable import printable

WIDTH_WITHOUT_TERMINAL = 10_000  # a file or a pipe has no width: no line is cut or wrapped
LINES = "\n\t"


class LiteralConsole(Console):
    """Prints texts as they are: control characters are escaped, and markup and emoji codes are not read."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return the text, of a line or of a cell of a table."""
        return super().render_str(printable(text, LINES), **{**options, "markup": False, "emoji": False})


def _console(*, stderr: bool) -> LiteralConsole:
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    width = None if terminal else WIDTH_WITHOUT_TERMINAL
    return LiteralConsole(stderr=stderr, width=width, highlight=False, soft_wrap=not terminal)


out, err = _console(stderr=False), _console(stderr=True)


def print_error(error: object, exit_code: int) -> int:
    """Print the error to stderr and return the exit code, for `sys.exit`."""
    err.print(f"levelground: {error}", style="red")
    return exit_code


def print_json(data: object) -> None:
    """Print data as JSON; what JSON lacks, such as dates, is printed as text."""
    print(dumps(data, indent=1, default=str))


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Iterable[str] | Mapping[str, str], *, json: bool) -> None:
    """Print rows as JSON, or these columns of theirs as a table. `columns`: keys, each with its heading if it has another one."""
    if json:
        print_json(rows)
        return
    names = columns if isinstance(columns, Mapping) else {name: name for name in columns}
    out.print(table(None, [*names.values()], [[row[name] for name in names] for row in rows]))


def table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[str] = ()) -> Table:
    """Return a table of values; columns of numbers, and those of texts that `right` names, are aligned at their right."""
    lines, texts = list(rows), set(right)
    built = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        values = [line[place] for line in lines if line[place] is not None]
        is_right = column in texts or (bool(values) and all(_is_number(value) for value in values))
        built.add_column(column, justify="right" if is_right else "left", no_wrap=is_right, overflow="fold")
    for line in lines:
        built.add_row(*map(cell_text, line))
    return built


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
