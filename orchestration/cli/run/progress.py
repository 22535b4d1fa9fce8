"""Display a run's progress on stderr, and summarize it for people: what is new, what was held back and why, where the files are.

A terminal gets stages with times, and a summary that fits its screen. A file or pipe gets plain lines every few seconds, and
every line of the summary. Progress is written to the descriptor that stderr has at its start: Dagster replaces stderr during a
step by a file, which another process copies to the terminal later.
"""

from __future__ import annotations

import math
import os
import sys
import textwrap
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from rich.live import Live
from rich.text import Text

from ingest.layers import state_with_contract
from orchestration.cli.display import console_of
from orchestration.cli.interrupts import stop_displays
from orchestration.runs.city_choice import SAMPLE
from orchestration.runs.delivery_location import LEFT_OUT
from orchestration.runs.progress import STAGES, ProgressReporter, Stage
from orchestration.runs.record import (
    BLOCKED,
    FAILED,
    FRESH,
    HELD_BACK,
    LANDED_ONLY,
    NOT_DELIVERED,
    RELEASED,
    STALE,
    UNCHANGED,
    RunRecord,
    SourceStatus,
)
from orchestration.runs.reports import DELIVERY, Finding
from warehouse.paths import Home
from warehouse.printable import first_names, printable

SILENT_SECONDS = 5.0  # without a terminal: the longest time without a line
LONG_SECONDS = 2.0  # an item that takes longer is displayed with its time
# what a terminal displays of stages that are done, or not yet begun
DOES: Mapping[Stage, str] = {
    "start": "load Dagster and dbt",
    "ingest": "deliver, audit and promote each source",
    "build": "models, hidden figures, public tables",
    "check": "gates on tables, disclosure audit",
    "release": "write, verify and swap the files",
    "scorecard": "write the public site",
}
QUIET = (FRESH, LANDED_ONLY, NOT_DELIVERED)  # statuses that a terminal counts and does not list


def duration(seconds: float) -> str:
    """Return minutes and seconds, like 1:05."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


@dataclass
class _Work:
    """What a stage does: its text, when it began and ended, and its current item."""

    text: str = ""
    began: float | None = None
    ended: float | None = None
    item: str = ""
    item_began: float = 0.0
    number: int = 0
    total: int | None = None
    rows: int = 0

    def seconds(self, now: float) -> float:
        return 0.0 if self.began is None else (self.ended or now) - self.began

    def count(self) -> str:
        return "" if not self.number else f"{self.number} of {self.total}" if self.total else str(self.number)

    def current(self, now: float) -> str:
        taken = now - self.item_began
        rows = f", {self.rows:,} rows" if self.rows else ""
        return f"{self.item}{rows}{f', {taken:.0f} s' if taken >= LONG_SECONDS else ''}" if self.item else ""


@dataclass
class Progress(ProgressReporter):
    """Displays stage, count, elapsed and expected time, and the current source or model of a run."""

    title: str = "levelground run"
    expected: Mapping[Stage, float] = field(default_factory=dict)
    sources: int | None = None
    file: IO[str] | None = None  # tests write to a text

    def __post_init__(self) -> None:
        self.console = console_of(self.file or _terminal())
        self._work: dict[Stage, _Work] = {stage: _Work() for stage in STAGES}
        self._stage: Stage = "start"
        self._began = self._printed = time.monotonic()
        self._ended = threading.Event()
        self._live: Live | None = None
        if self.console.file.isatty() and not self.console.is_dumb_terminal:
            # everything else writes where it wants: Dagster has replaced stderr by then
            keep: dict[str, Any] = {"redirect_stdout": False, "redirect_stderr": False}
            self._live = Live(get_renderable=self.frame, console=self.console, transient=True, **keep)

    def __enter__(self) -> Progress:
        stop_displays.append(self.stop)
        if self._live:
            self._live.start()
        else:
            threading.Thread(target=self._report_silence, daemon=True, name="progress").start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop displaying, at the end of the block, or before a signal ends the process."""
        self._ended.set()
        if self._live:
            self._live.stop()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    def stage(self, stage: Stage, text: str) -> None:
        """Display the stage that begins, or what it does now."""
        self._enter(stage, text)
        self._line(text)

    def _enter(self, stage: Stage, text: str) -> None:
        now = time.monotonic()
        if stage != self._stage:
            self._work[self._stage].ended = now
        began = self._work[stage].began
        self._stage, self._work[stage] = stage, _Work(text, now if began is None else began)

    def item(self, name: str, number: int | None = None, total: int | None = None) -> None:
        """Display the source, model or table that the stage works on."""
        if self._stage == "start":
            self._enter("ingest", "sources")
            total = self.sources
        work = self._work[self._stage]
        work.number, work.total = work.number + 1 if number is None else number, total or work.total
        work.item, work.item_began, work.rows = name, time.monotonic(), 0
        if self._stage == "ingest":
            self._line(f"{name}: deliver, audit, promote")

    def built(self, name: str) -> None:
        """Report a built model, where lines are kept."""
        count = self._work[self._stage].count()
        self._line(f"built {name}{f' ({count})' if count else ''}")

    def note(self, text: str) -> None:
        """Display a line that stays."""
        self._printed = time.monotonic()
        if not self._ended.is_set():
            self.console.print(text)

    def rows(self, source: str, rows: int) -> None:
        """Add to the rows of the current source."""
        work = self._work[self._stage]
        work.rows += rows if work.item == source else 0

    def source(self, status: SourceStatus) -> None:
        """Display the result of a source; a terminal lists only those that need a reader."""
        rows = "" if status.rows_delivered is None else f", {status.rows_delivered:,} rows"
        reason = f": {status.reason}" if status.reason else ""
        text = f"  {status.source}: {status.verdict}{rows}, {status.seconds:.1f} s{reason}"
        (self._line if status.verdict in QUIET else self.note)(text)

    def frame(self) -> Text:
        """Return what a terminal displays now: a line per stage, and the current item."""
        now = time.monotonic()
        lines = [self.title]
        for stage, work in self._work.items():
            is_current = stage == self._stage
            mark = "▸" if is_current else "·" if work.ended is None else "✓"
            what = f"{work.count()} {work.text}".strip() if is_current else DOES[stage]
            lines.append(f"{mark} {stage:<9} {self._times(stage, now):<18} {what}")
            if is_current and (current := work.current(now)):
                lines.append(f"{'':<31}{current}")
        shown = [Text(printable(line)) for line in (*lines, self._so_far(now))]
        for text in shown:
            text.truncate(self.console.width - 1, overflow="ellipsis")
        return Text("\n", no_wrap=True).join(shown)

    def _times(self, stage: Stage, now: float) -> str:
        work, expected = self._work[stage], self.expected.get(stage, 0.0)
        about = f"about {duration(expected)}" if expected >= 1 and work.ended is None else ""
        taken = duration(work.seconds(now)) if work.began is not None else ""
        return f"{taken} of {about}" if taken and about else taken or about

    def _so_far(self, now: float) -> str:
        if not self.expected:
            return f"{duration(now - self._began)} so far"
        later = STAGES[STAGES.index(self._stage) + 1 :]
        current = max(self.expected.get(self._stage, 0.0) - self._work[self._stage].seconds(now), 0.0)
        left = duration(current + sum(self.expected.get(stage, 0.0) for stage in later))
        return f"{duration(now - self._began)} so far, about {left} left"

    def _line(self, text: str) -> None:
        if self._live is None:
            self.note(text)

    def _report_silence(self) -> None:
        while not self._ended.wait(SILENT_SECONDS / 5):
            now = time.monotonic()
            if now - self._printed >= SILENT_SECONDS:
                work = self._work[self._stage]
                details = ", ".join(part for part in (work.count(), work.current(now)) if part)
                self.note(f"  {self._so_far(now)}: {': '.join(part for part in (work.text, details) if part)}")


def _terminal() -> IO[str]:
    """Return stderr as it is now, whatever takes its place later."""
    try:
        return os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="replace", buffering=1)
    except (OSError, ValueError):  # stderr is no file
        return sys.stderr


LINES_OF_PROMPT = 2  # the command above, the prompt below
NO_SCREEN = 1_000_000  # the height of a file or a pipe, which gets every line
# of a screen, not of a pipe
REASONS, LINES_OF_REASON, NAMES = 2, 2, 5
_RESULTS = {RELEASED: "released", UNCHANGED: "nothing new to release", BLOCKED: "BLOCKED", FAILED: "FAILED"}


@dataclass(frozen=True)
class Summary:
    """What a summary is made of; `figures` are counts of the published file, `clock` says where the as-of time is from."""

    record: RunRecord
    home: Home
    city: str
    clock: str
    seconds: float
    findings: Sequence[Finding]
    figures: dict[str, Any]

    def lines(self, width: int, height: int) -> list[str]:
        """Return the lines for a screen of that size; findings that do not fit are counted."""
        is_screen = height < NO_SCREEN
        before = [line for text, most in self._before(is_screen) for line in _wrapped(text, width, most)]
        after = self._after()
        taken = sum(max(1, math.ceil(len(line) / width)) for line in (*before, *after))
        room = height - LINES_OF_PROMPT - taken
        return [*before, *self._findings(width, room), *after]

    def _before(self, is_screen: bool) -> Iterator[tuple[str, int | None]]:
        """The texts above the findings, each with the most lines that it may take."""
        record = self.record
        yield f"{self.city}: {_RESULTS[record.outcome or FAILED]} after {duration(self.seconds)}", None
        yield self.clock, None
        yield f"new: {self._new()}", None
        if record.public_changes:
            command = f"`levelground releases diff {record.compared_with} --public`"
            yield f"public figures: {record.public_changes}; {command} gives the reasons", None
        yield from self._listed("held back", HELD_BACK, "their last good rows stay", REASONS if is_screen else None)
        yield from self._listed("stale", STALE, "a newer delivery is due", 0 if is_screen else None)
        missing = [status for status in record.sources.values() if status.verdict == NOT_DELIVERED]
        if missing:
            is_feed = record.deliveries == SAMPLE and all(LEFT_OUT in (status.reason or "") for status in missing)
            which = ", live feeds that the sample leaves out" if is_feed else ""
            yield f"not delivered{which}: {first_names([status.source for status in missing], NAMES)}", None
        if record.unknown_folders:
            yield f"folders without a contract, not read: {first_names(record.unknown_folders, NAMES)}", None
            if state := state_with_contract(record.unknown_folders):
                yield f"the state layer {state} has contracts of these; name it in city.yml (docs/city.md)", None

    def _new(self) -> str:
        record = self.record
        if record.outcome == UNCHANGED:
            return f"nothing; {record.message}"
        checked = {gate.subject for gate in record.gates if gate.gate == DELIVERY}
        taken = [status for name, status in record.sources.items() if name in checked and status.verdict != HELD_BACK]
        rows = sum(status.rows_staged or 0 for status in taken)
        counted = f"{len(taken)} deliveries with {rows:,} rows" if taken else "no delivery"
        if record.outcome != RELEASED or not self.figures:
            return f"{counted}; nothing was published"
        values, measures = (self.figures.get(name, 0) for name in ("values_measured", "measures"))
        return f"{counted}; the release has {values:,} figures of {measures} measures"

    def _listed(self, title: str, verdict: str, note: str, reasons: int | None) -> Iterator[tuple[str, int | None]]:
        found = [status for status in self.record.sources.values() if status.verdict == verdict]
        if not found:
            yield f"{title}: none", None
            return
        yield f"{title}: {first_names([status.source for status in found], NAMES)}; {note}", None
        for status in found[:reasons]:
            reason = (status.reason or "").removeprefix(f"{status.source}: ")
            yield f"  {status.source} is {verdict}: {reason}", LINES_OF_REASON

    def _findings(self, width: int, room: int) -> list[str]:
        if not self.findings:
            return ["findings: none"]
        critical = sum(finding.result.severity == "critical" for finding in self.findings)
        lines: list[str] = []
        for shown, finding in enumerate(self.findings):
            text = _wrapped(f"  {finding.result.severity}: {finding.sentence}", width)
            text += _wrapped(f"    remedy: {finding.remedy}", width)
            if len(lines) + len(text) + 1 > room:  # with the line that counts them
                more = f"; {shown} here, `levelground status` lists all" if shown else "; `levelground status` lists all"
                break
            lines += text
        else:
            more = ""
        return [f"findings: {critical} critical, {len(self.findings) - critical} warnings{more}", *lines]

    def _after(self) -> list[str]:
        record = self.record
        result = _RESULTS[record.outcome or FAILED]
        if record.outcome == BLOCKED:  # a run without a fingerprint had nothing to build
            result += " by a gate" if record.fingerprint else ": nothing to publish"
        file, index = self.home.published_analyst, self.home.published_scorecard / "index.html"
        is_public = record.outcome in (RELEASED, UNCHANGED)
        shown = f"release {record.release_id}; {file}" if is_public else f"no release; {file} stays"
        lines = [f"{result}; {shown if file.is_file() else 'no release; nothing is published yet'}"]
        lines += [f"public file: {self.home.published_public}"] if self.home.published_public.is_file() else []
        lines += [f"scorecard: {index}"] if index.is_file() and not record.scorecard_problem else []
        return lines


def clock_text(record: RunRecord, option: str | None, city_file: Path | None) -> str:
    """Return the as-of time of a run and what decided it; `city_file`: the city.yml that has one."""
    as_of = record.as_of.removesuffix("T00:00:00").replace("T", " ")
    if option is not None:
        return f"clock: {as_of}, by --as-of"
    if record.deliveries == SAMPLE:
        return f"clock: {as_of}, fixed by the sample, so that its figures are the same on every day; --as-of sets another"
    if city_file is not None:
        return f"clock: {as_of}, by {city_file}; --as-of sets another"
    return f"clock: {as_of}, now"


def _wrapped(text: str, width: int, most: int | None = None) -> list[str]:
    shown = printable(text)
    indent = " " * (len(shown) - len(shown.lstrip()) + 2)
    options: dict[str, Any] = {"max_lines": most, "placeholder": " …"} if most else {}
    return textwrap.wrap(shown, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, **options)
