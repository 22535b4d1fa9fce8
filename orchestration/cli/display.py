"""Print tables and errors to the terminal with Rich, or as plain lines to a file or pipe.

See `cli.progress` for the progress of a run.

Whatever is printed may contain names that others chose, so nothing in a text controls the terminal or is read as Rich's markup.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

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
    err.print(f"levelground: {error}", style="red" if err.is_terminal else None, markup=False)
    return exit_code


def table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[str] = ()) -> Table:
    """Return a table of texts; `right` names the numeric columns."""
    built = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    numbers = set(right)
    for column in columns:
        built.add_column(column, justify="right" if column in numbers else "left", no_wrap=column in numbers, overflow="fold")
    for row in rows:
        built.add_row(*map(_as_text, row))
    return built


def _as_text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
