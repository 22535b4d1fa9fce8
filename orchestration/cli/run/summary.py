"""Summarize a run for people: what is new, what was held back and why, where the files are. It fits a terminal's screen.

A file or pipe has no screen: it gets every line, after the table of all sources.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.layers import state_with_contract
from orchestration.cli.run.progress import duration
from orchestration.runs.city_choice import SAMPLE
from orchestration.runs.delivery_location import LEFT_OUT
from orchestration.runs.record import BLOCKED, FAILED, HELD_BACK, NOT_DELIVERED, RELEASED, STALE, UNCHANGED, RunRecord
from orchestration.runs.reports.standing_gates import DELIVERY, Finding
from warehouse.printable import first_names, printable

LINES_OF_PROMPT = 2  # the command above, the prompt below
NO_SCREEN = 1_000_000  # the height of a file or a pipe, which gets every line
# of a screen, not of a pipe
REASONS, LINES_OF_REASON, NAMES = 2, 2, 5
_RESULTS = {RELEASED: "released", UNCHANGED: "nothing new to release", BLOCKED: "BLOCKED", FAILED: "FAILED"}


@dataclass(frozen=True)
class Summary:
    """What a summary is made of; `figures` are counts of the published file, `clock` says where the as-of time is from."""

    record: RunRecord
    city: str
    clock: str
    seconds: float
    findings: Sequence[Finding]
    figures: dict[str, Any]
    published: str | None
    public: str | None
    scorecard: str | None

    def lines(self, width: int, height: int) -> list[str]:
        """Return the lines for a screen of that size; findings that do not fit are counted."""
        is_screen = height < NO_SCREEN
        before = [line for text, most in self._before(is_screen) for line in _wrapped(text, width, most)]
        after = self._after()
        room = height - LINES_OF_PROMPT - sum(_screen_lines(line, width) for line in (*before, *after))
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
        lines = [f"{result}; release {record.release_id or 'none'}; {self.published or 'nothing is published yet'}"]
        lines += [f"public file: {self.public}"] if self.public else []
        lines += [f"scorecard: {self.scorecard}"] if self.scorecard and not record.scorecard_problem else []
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


def _screen_lines(line: str, width: int) -> int:
    return max(1, -(-len(line) // width))
