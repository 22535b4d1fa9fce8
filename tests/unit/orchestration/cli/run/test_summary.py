"""The summary of a run fits a screen of 24 x 80, and a pipe gets all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from expectations.results import ExpectationResult, GateResult, Severity
from orchestration.cli.run.progress import NO_SCREEN, Summary, clock_text
from orchestration.runs.clock import utc_now
from orchestration.runs.delivery_location import LEFT_OUT
from orchestration.runs.record import BLOCKED, FAILED, RELEASED, UNCHANGED
from orchestration.runs.reports import standing_findings
from tests.support.run_records import REQUESTS, run_record, source_status
from warehouse.paths import Home
from warehouse.releases import PublicCounts

STOPS = "marts.fct_police_stops"
LONG = "more than 30 % of the records have no known race: a measure over all of them has no ratio (docs/rules.md, Unknown race)"


HOME = Home(Path("/srv/levelground/.levelground"))


@pytest.fixture(autouse=True)
def _published(monkeypatch: pytest.MonkeyPatch) -> None:
    """All files of the home exist."""
    is_file = Path.is_file
    monkeypatch.setattr(Path, "is_file", lambda path: path.is_relative_to(HOME.root) or is_file(path))


def summary(outcome: str = RELEASED, findings: int = 9, severity: Severity = "warning", **changes: Any) -> Summary:
    failed = [ExpectationResult("known_share", str(number), severity, False, 61.0, 30.0, LONG) for number in range(findings)]
    gates = [GateResult("delivery", REQUESTS, ()), GateResult("build", STOPS, tuple(failed))]
    why = f"nothing was delivered: {LEFT_OUT}"
    feeds = ("mpd__incident_reports", "city__address_list")
    sources = {name: source_status("not_delivered", name).updated(reason=why) for name in feeds}
    sources |= {REQUESTS: source_status("fresh").updated(rows_staged=30_000)} | changes.pop("sources", {})
    record = run_record(gates=gates, sources=sources, **{"release_id": "2026-r", "fingerprint": "f", **changes})
    record.end(outcome, utc_now(), None if outcome == RELEASED else "nothing has changed")
    return Summary(
        record=record,
        home=HOME,
        city="Sampleton (a synthetic city)",
        clock=clock_text(record, None, None),
        seconds=125.0,
        findings=standing_findings([record]),
        figures={"values_measured": 56_831, "measures": 73},
    )


def test_a_release_says_what_is_new_and_where_it_is() -> None:
    lines = summary(findings=0).lines(10_000, NO_SCREEN)
    assert lines == [
        "Sampleton (a synthetic city): released after 2:05",
        "clock: 2025-12-01, fixed by the sample, so that its figures are the same on every day; --as-of sets another",
        "new: 1 deliveries with 30,000 rows; the release has 56,831 figures of 73 measures",
        "held back: none",
        "stale: none",
        "not delivered, live feeds that the sample leaves out: mpd__incident_reports, city__address_list",
        "findings: none",
        "released; release 2026-r; /srv/levelground/.levelground/published/levelground.duckdb",
        "public file: /srv/levelground/.levelground/published/levelground_public.duckdb",
        "scorecard: /srv/levelground/.levelground/published/scorecard/index.html",
    ]


def test_a_release_counts_the_public_figures_that_differ_and_names_the_command_for_reasons() -> None:
    changes = PublicCounts(appear=1200, change=3, vanish=47, hidden=5, rows_left=2)
    lines = summary(findings=0, public_changes=changes, compared_with="2026-q").lines(10_000, NO_SCREEN)
    assert lines[3] == (
        "public figures: 1,200 appear, 3 change, 47 vanish (5 hidden); rows without a figure: 2 gone; "
        "`levelground releases diff 2026-q --public` gives the reasons"
    )


@pytest.mark.parametrize("held_back", [0, 1, 9])
@pytest.mark.parametrize("outcome", [RELEASED, UNCHANGED, BLOCKED])
def test_it_fits_a_screen_of_24_lines(outcome: str, held_back: int) -> None:
    reason = "ucc__requests: " + "a long reason why this delivery does not fit its contract, and what to do about it; " * 9
    bad = {f"dpt__{number}": source_status("fresh", f"dpt__{number}").held_back(reason) for number in range(held_back)}
    lines = summary(outcome, sources=bad).lines(80, 24)
    assert sum(-(-len(line) // 80) for line in lines) <= 22
    assert any(line.startswith("findings: 0 critical, 9 warnings") for line in lines)
    assert [line for line in lines if "levelground.duckdb" in line]
    assert sum(line.startswith("  dpt__") for line in lines) == min(held_back, 2)
    in_full = summary(outcome, sources=bad).lines(10_000, NO_SCREEN)
    assert sum(line.startswith("  dpt__") and line.endswith("about it;") for line in in_full) == held_back


def test_findings_are_sentences_with_the_rule_and_the_remedy_and_a_pipe_gets_all() -> None:
    lines = summary(findings=4, severity="critical", outcome=BLOCKED).lines(10_000, NO_SCREEN)
    assert "findings: 4 critical, 0 warnings" in lines
    assert lines.count(f"  critical: {STOPS}: {LONG}") == 4
    assert sum(line.startswith("    remedy: use counts, or the bounds") for line in lines) == 4
    assert "BLOCKED by a gate; no release; /srv/levelground/.levelground/published/levelground.duckdb stays" in lines


def test_a_run_that_failed_names_no_release_that_it_did_not_make() -> None:
    lines = summary(FAILED, findings=0).lines(10_000, NO_SCREEN)
    assert "FAILED; no release; /srv/levelground/.levelground/published/levelground.duckdb stays" in lines
    assert not [line for line in lines if "2026-r" in line]


def test_the_clock_names_what_decided_it() -> None:
    record = run_record(as_of="2025-12-01T08:30:00", deliveries="/in")
    assert clock_text(record, "2025-12-01T08:30:00", None) == "clock: 2025-12-01 08:30:00, by --as-of"
    assert clock_text(record, None, Path("/in/city.yml")) == "clock: 2025-12-01 08:30:00, by /in/city.yml; --as-of sets another"
    assert clock_text(record, None, None) == "clock: 2025-12-01 08:30:00, now"


def test_a_first_run_without_deliveries_was_blocked_by_no_gate() -> None:
    lines = summary(BLOCKED, findings=0, release_id=None, fingerprint=None).lines(80, 24)
    assert any(line.startswith("BLOCKED: nothing to publish; no release;") for line in lines)


def test_folders_of_tables_of_a_state_name_its_layer() -> None:
    lines = summary(unknown_folders=("dpi__act", "zzz")).lines(10_000, NO_SCREEN)
    assert "the state layer wisconsin has contracts of these; name it in city.yml (docs/city.md)" in lines
    assert not [line for line in summary(unknown_folders=("zzz",)).lines(10_000, NO_SCREEN) if "state layer" in line]
