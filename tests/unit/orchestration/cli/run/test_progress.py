"""A run's display shows stage, count, elapsed and expected time and the current item, on a terminal and in lines elsewhere."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import textwrap
import time

import pytest

from orchestration.cli.run import progress
from orchestration.cli.run.progress import Progress
from orchestration.runs.clock import utc_now
from orchestration.runs.progress import STAGES, Stage, expected_seconds
from orchestration.runs.record import BLOCKED, RELEASED
from tests.conftest import ROOT
from tests.support.run_records import REQUESTS, run_record, source_status
from tests.unit.orchestration.cli.test_display import HOSTILE, SHOWN

EXPECTED: dict[Stage, float] = dict(zip(STAGES, (10, 20, 60, 15, 10, 5), strict=True))


class Terminal(io.StringIO):
    """A text that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the display reads; tests set them."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_terminal_shows_every_stage_with_its_time_and_what_it_works_on(clock: list[float]) -> None:
    display = Progress("levelground run: Sampleton", EXPECTED, sources=56, file=Terminal())
    display.stage("start", "loading Dagster, parsing the dbt project")
    clock[0] += 4
    display.item(REQUESTS)
    display.rows(REQUESTS, 1_500)
    clock[0] += 21
    display.stage("build", "building models")
    display.item("fct_police_stops", 118, 570)
    clock[0] += 8
    assert display.frame().plain.splitlines() == [
        "levelground run: Sampleton",
        "✓ start     0:04               load Dagster and dbt",
        "✓ ingest    0:21               deliver, audit and promote each source",
        "▸ build     0:08 of about 1:00 118 of 570 building models",
        "                               fct_police_stops, 8 s",
        "· check     about 0:15         gates on tables, disclosure audit",
        "· release   about 0:10         write, verify and swap the files",
        "· scorecard about 0:05         write the public site",
        "0:33 so far, about 1:22 left",
    ]


def test_a_first_run_has_no_expected_times(clock: list[float]) -> None:
    display = Progress(sources=2, file=Terminal())
    display.item(REQUESTS)
    clock[0] += 3
    frame = display.frame().plain
    assert f"1 of 2 sources\n{'':<31}{REQUESTS}, 3 s\n" in frame
    assert "about" not in frame


def test_names_are_literal_and_fit_the_width(clock: list[float]) -> None:
    display = Progress(HOSTILE, file=Terminal())
    display.console.width = 80
    display.item(HOSTILE * 9)
    frame = display.frame().plain
    assert frame.startswith(SHOWN[:40])
    assert "\x1b" not in frame
    assert max(map(len, frame.splitlines())) < 80
    display.note(HOSTILE)
    assert "\x1b[35m" not in display.file.getvalue()  # type: ignore[union-attr]


def test_a_pipe_gets_lines_and_none_is_silent_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SILENT_SECONDS", 0.05)
    file = io.StringIO()
    with Progress(expected=EXPECTED, sources=2, file=file) as display:
        display.item(REQUESTS)
        display.source(source_status("fresh").updated(rows_delivered=1_000, seconds=0.1))
        display.stage("build", "building models")
        display.item("fct_police_stops", 3, 7)
        display.built("fct_police_stops")
        time.sleep(0.2)
    lines = file.getvalue().splitlines()
    assert [line for line in lines if " so far" not in line] == [
        f"{REQUESTS}: deliver, audit, promote",
        f"  {REQUESTS}: fresh, 1,000 rows, 0.1 s",
        "building models",
        "built fct_police_stops (3 of 7)",
    ]
    assert "so far" in lines[-1], "a line every few seconds, whatever the stage does"
    assert re.fullmatch(r"  0:00 so far, about 1:2\d left: building models: 3 of 7, fct_police_stops", lines[-1])


def test_a_terminal_keeps_lines_of_sources_that_need_a_reader() -> None:
    display = Progress(file=Terminal())
    display.source(source_status("fresh"))
    display.source(source_status("not_delivered"))
    display.source(source_status("fresh").held_back("no column TITLE"))
    assert display.file.getvalue().splitlines() == [f"  {REQUESTS}: held_back, 0.0 s: no column TITLE"]  # type: ignore[union-attr]


def test_expected_times_are_the_medians_of_the_newest_runs_that_released() -> None:
    assert expected_seconds([]) == {}
    records = []
    for number, (outcome, build) in enumerate(
        [(RELEASED, 900.0), (RELEASED, 60.0), (BLOCKED, 1.0), (RELEASED, 80.0), (RELEASED, 70.0)]
    ):
        record = run_record(f"run-{number}", seconds={"deliver": 1.0, "promote": 2.0, "build": build, "suppress": 5.0})
        record.end(outcome, utc_now())
        records.append(record)
    expected = expected_seconds(records)
    assert (expected["ingest"], expected["build"], expected["check"]) == (3.0, 75.0, 0.0)


INTERRUPTED = """
    import os, signal, sys, time
    from orchestration.cli.interrupts import stop_run_on_signals
    from orchestration.cli.run.progress import Progress
    stop_run_on_signals()
    with Progress("levelground run: Sampleton") as progress:
        progress.stage("build", "building models")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # as Dagster does in a step
        progress.item("fct_police_stops", 3, 7)
        time.sleep(0.4)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
    """


def test_the_message_of_an_interrupt_is_the_last_line_on_a_terminal() -> None:
    main, terminal = pty.openpty()
    command = [sys.executable, "-c", textwrap.dedent(INTERRUPTED)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=terminal, stdout=terminal, stderr=terminal, env=os.environ | {"TERM": "xterm"}
    ) as run:
        os.close(terminal)
        output = b""
        try:
            while chunk := os.read(main, 65_536):
                output += chunk
        except OSError:  # the terminal is closed
            pass
        assert run.wait(10) == 130
    os.close(main)
    text = output.decode()
    assert "3 of 7 building models" in text, "stderr was replaced, and the display goes on"
    assert text.rstrip().endswith("levelground: interrupted, nothing was published, run again")
    assert text.count("\x1b[?25h") >= 1, "the cursor is visible again"
