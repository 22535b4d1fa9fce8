"""The Treasury's workbook of the sample city, doctored as a spreadsheet is by hand, does not pass `levelground sources check`.

Here: the money identities that one workbook can break by itself, as the office that sends it sees them. Not here: what shows only
against earlier workbooks or seeds (test_gates), and a run that holds the workbook back (tests/e2e/test_bad_input.py).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.workbooks import Rows, code_as_number, doctored, falling, obligated_beyond_budget, spent_beyond_obligated

SOURCE = "doa__arpa_projects"
BROKEN: dict[str, tuple[Callable[[Rows], None], str, str]] = {
    "obligated beyond the budget": (
        obligated_beyond_budget,
        "obligated_within_budget",
        "a project has obligated more than its adopted budget",
    ),
    "spent beyond what is obligated": (
        spent_beyond_obligated,
        "spent_within_obligated",
        "a project has spent more than it has obligated",
    ),
    "a sum that falls": (
        falling,
        "cumulative_never_falls",
        "a sum up to the end of a period is less than it was a period before",
    ),
    "1.10 as a number": (
        code_as_number,
        "code_has_one_name",
        "one code stands beside two names, as when 2.10 was kept as a number and became 2.1",
    ),
}


def workbook(sample_city: Path) -> Path:
    (path,) = (sample_city / SOURCE).iterdir()
    return path


def test_the_workbook_passes_as_it_is(levelground: CommandLine, sample_city: Path, tmp_path: Path) -> None:
    """Written back by the same hand, and nothing changed: what fails below fails for what was done to it."""
    copy = doctored(workbook(sample_city), tmp_path / "same.xlsx", lambda rows: None)
    done = levelground("sources", "check", SOURCE, copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("case", BROKEN)
def test_a_doctored_workbook_does_not_pass_its_check(
    levelground: CommandLine, sample_city: Path, tmp_path: Path, case: str
) -> None:
    spoil, name, reason = BROKEN[case]
    done = levelground("sources", "check", SOURCE, doctored(workbook(sample_city), tmp_path / "doctored.xlsx", spoil))
    assert done.returncode == 3, done.stdout + done.stderr
    critical = [line for line in done.stdout.splitlines() if line.startswith("critical")]
    assert critical, done.stdout
    for line in critical:
        assert name in line or reason in line, done.stdout
