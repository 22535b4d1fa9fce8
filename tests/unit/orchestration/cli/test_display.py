"""What the command line prints of a name that another wrote: its text, and nothing that a terminal or Rich would obey."""

from __future__ import annotations

import io
import json

import pytest

from expectations.results import ExpectationResult
from ingest.errors import DeliveryError
from orchestration.cli.display import LiteralConsole, Table, print_error, print_rows, short_time

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
    console.print(Table(HOSTILE, (HOSTILE, "n"), [(HOSTILE, 1)]))
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


def lines_at(width: int, shown: Table) -> list[str]:
    narrow = LiteralConsole(file=io.StringIO(), width=width, highlight=False, force_terminal=True, color_system=None)
    narrow.print(shown)
    return printed(narrow).splitlines()


WORDS = ["the", "file", "stops.csv", "lacks", "the", "column", "race"]
ROWS = [
    ("fpc__police_stops", "held_back", "2025-12-31", "the file stops.csv lacks the column race"),
    ("ucc__service_requests", "fresh", "2025-12-31", None),
]


def test_a_narrow_terminal_leaves_out_the_columns_that_it_can_spare() -> None:
    """At 60 columns: 21 + 9 + 20 and two gaps are 54 with the reason; with the date it would be 66."""
    columns = ("source", "verdict", "data as of", "reason")
    assert lines_at(66, Table(None, columns, ROWS, spare=["data as of"]))[0].split() == [
        "source", "verdict", "data", "as", "of", "reason",
    ]  # fmt: skip
    lines = lines_at(60, Table(None, columns, ROWS, spare=["data as of"]))
    assert "2025-12-31" not in "".join(lines)
    assert lines[-1] == "not shown: data as of; a wider window shows more"
    words = " ".join(" ".join(line[34:] for line in lines).split())
    assert words.startswith("reason the file stops.csv lacks the column race"), "no word is cut off"


@pytest.mark.parametrize("width", range(52, 90))
def test_ids_stay_on_one_line_and_no_word_is_lost_at_any_width(width: int) -> None:
    lines = lines_at(width, Table(None, ("source", "verdict", "data as of", "reason"), ROWS, spare=["data as of"]))
    assert max(map(len, lines)) <= width
    assert sum("fpc__police_stops" in line for line in lines) == sum("held_back" in line for line in lines) == 1
    found = " ".join(lines).split()
    assert all(word in found for word in WORDS)


def test_rows_become_records_where_no_choice_of_columns_fits() -> None:
    lines = lines_at(40, Table("Sources", ("source", "verdict", "reason"), [(row[0], row[1], row[3]) for row in ROWS]))
    assert [line.rstrip() for line in lines] == [
        "Sources",
        "source   fpc__police_stops",
        "verdict  held_back",
        "reason   the file stops.csv lacks the",
        "         column race",
        "",
        "source   ucc__service_requests",
        "verdict  fresh",
        "reason   -",
    ]


def test_a_moment_is_a_day_or_a_minute() -> None:
    assert short_time("2022-12-31T00:00:00") == "2022-12-31"
    assert short_time("2026-11-30T21:50:13.5") == "2026-11-30 21:50"
    assert short_time(None) is None
