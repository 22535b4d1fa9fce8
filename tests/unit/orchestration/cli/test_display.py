"""What the command line prints of a name that another wrote: its text, and nothing that a terminal or Rich would obey."""

from __future__ import annotations

import io
import json

import pytest

from expectations.results import ExpectationResult
from ingest.errors import DeliveryError
from orchestration.cli.display import LiteralConsole, print_error, print_rows, table

HOSTILE = "\x1b[35mred\x1b]0;title\x07 [bold]b[/bold] [link=http://evil]l[/link] :smile: \u202egnp\r"
SHOWN = r"\x1b[35mred\x1b]0;title\x07 [bold]b[/bold] [link=http://evil]l[/link] :smile: \u202egnp\r"


@pytest.fixture(params=[True, False], ids=["terminal", "pipe"])
def console(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> LiteralConsole:
    """Both consoles of the command line, writing to a text."""
    literal_console = LiteralConsole(file=io.StringIO(), width=500, highlight=False, force_terminal=request.param)
    for name in ("out", "err"):
        monkeypatch.setattr(f"orchestration.cli.display.{name}", literal_console)
    return literal_console


def printed(console: LiteralConsole) -> str:
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


def test_texts_and_cells_are_literal(console: LiteralConsole) -> None:
    console.print(HOSTILE)
    console.print(f"a\tb {HOSTILE}\nsecond line", markup=False)
    console.print(table(HOSTILE, (HOSTILE, "n"), [(HOSTILE, 1)]))
    assert print_error(HOSTILE, 2) == 2
    text = printed(console)
    assert text.count(SHOWN) == 6
    assert "\x1b[35m" not in text
    assert "\u202e" not in text
    assert "second line" in text


def test_messages_are_literal_wherever_they_are_logged() -> None:
    """A line end in the name of a file would begin a line of its own in a log or an alert."""
    error = DeliveryError("dpt__visits", "a\nRESOLVED\x1b[2J.csv", "it has the column \u202ex", "rename it")
    assert str(error) == r"dpt__visits: a\nRESOLVED\x1b[2J.csv: it has the column \u202ex; rename it"
    finding = ExpectationResult("columns_missing", "a\x1bb", "critical", False, 1, 0, "the column a\x1bb\nis missing")
    assert (finding.column, finding.message) == (r"a\x1bb", r"the column a\x1bb\nis missing")


def test_rows_are_json_or_a_table_of_chosen_columns(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"kind": "host", "name": "data.city.example", "hidden": 3}]
    print_rows(rows, {"kind": "what", "name": "name"}, json=True)
    assert json.loads(capsys.readouterr().out) == rows
    print_rows(rows, {"kind": "what", "name": "name"}, json=False)
    assert capsys.readouterr().out.split() == ["what", "name", "host", "data.city.example"]
