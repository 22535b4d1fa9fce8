"""Print tables, progress and errors to the terminal with Rich, or as plain lines to a file or pipe.

Whatever is printed may contain names that others chose, so nothing in a text controls the terminal or is read as Rich's markup.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from warehouse.printable import printable

if TYPE_CHECKING:
    from orchestration.runs.record import SourceStatus

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


class Progress:
    """Displays a run's progress on stderr: one changing line on a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        self._status: Status | None = err.status("starting") if err.is_terminal else None
        self._rows = 0

    def __enter__(self) -> Progress:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def stage(self, text: str) -> None:
        """Display the stage that starts."""
        self._rows = 0
        if self._status:
            self._status.update(Text(printable(text)))
        else:
            err.print(text, markup=False)

    def rows(self, source: str, rows: int) -> None:
        """Add to the row counter, which only a terminal displays."""
        self._rows += rows
        if self._status:
            self._status.update(Text(printable(f"{source}: {self._rows:,} rows")))

    def source(self, status: SourceStatus) -> None:
        """Display the result of a source."""
        rows = "" if status.rows_delivered is None else f", {status.rows_delivered:,} rows"
        reason = f": {status.reason}" if status.reason else ""
        err.print(f"  {status.source}: {status.verdict}{rows}, {status.seconds:.1f} s{reason}", markup=False)
