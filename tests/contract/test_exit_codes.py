"""README, docs/commands.md and the help of `levelground run` list the exit codes of the code, with their meaning."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from ingest.layers import LayerError
from orchestration.cli.errors import report_error
from orchestration.cli.run import run
from orchestration.runs.clock import utc_now
from orchestration.runs.process import exit_codes
from orchestration.runs.record import BLOCKED, FAILED, RELEASED, UNCHANGED
from orchestration.settings import ConfigurationError
from tests.conftest import ROOT
from tests.support.run_records import REQUESTS, run_record, source_status
from warehouse.connection import WarehouseBusy, WarehouseError
from warehouse.lock import LockHeld
from warehouse.paths import HomeUnwritable

ROW = re.compile(r"^\| ([\d, ]+) \| (.+) \|$", re.MULTILINE)
SIGNALS = {exit_codes.EXIT_SIGNALS + number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
CODES = {
    value for name, value in vars(exit_codes).items() if name.startswith("EXIT_") and value != exit_codes.EXIT_SIGNALS
} | SIGNALS


def meanings(page: str, heading: str) -> dict[int, str]:
    """The rows of the table below a heading, by code."""
    section = (ROOT / page).read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return {int(code): meaning for codes, meaning in ROW.findall(section) for code in codes.split(",")}


README = meanings("README.md", "Exit codes of `levelground run`")


def test_the_pages_list_the_codes_of_the_code_and_no_others() -> None:
    assert set(README) == CODES
    assert set(meanings("docs/commands.md", "Exit codes")) == CODES
    help_text = run.run.__doc__ or ""
    assert {int(code) for code in re.findall(r"\b(\d+)(?=[:,])", help_text)} == CODES


@pytest.mark.parametrize(
    ("outcome", "verdict", "word"),
    [
        (RELEASED, "fresh", "released"),
        (UNCHANGED, "not_delivered", "nothing changed"),
        (RELEASED, "landed_only", "landed_only"),
        (RELEASED, "held_back", "at least one source is held back"),
        (UNCHANGED, "stale", "or stale"),
        (BLOCKED, "fresh", "blocked"),
        (FAILED, "fresh", "any other error"),
    ],
)
def test_a_run_ends_with_the_code_of_its_outcome(outcome: str, verdict: str, word: str) -> None:
    record = run_record(sources={REQUESTS: source_status(verdict)})
    record.end(outcome, utc_now())
    assert word in README[record.exit_code or 0]


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (ConfigurationError("no such folder"), "configuration"),
        (LayerError("rows/labels.csv: the columns are none"), "configuration"),
        (HomeUnwritable(Path("/srv/home"), "Read-only file system"), "home that cannot be written"),
        (LockHeld(None), "another run holds the lock"),
        (WarehouseBusy(Path("warehouse.duckdb"), "busy"), "working warehouse open"),
        (WarehouseError(Path("warehouse.duckdb"), "broken"), "any other error"),
    ],
)
def test_an_error_ends_with_its_code(error: Exception, word: str) -> None:
    code = report_error(error)
    assert code is not None
    assert word in README[code]
