"""What long tests share: the homes of the end-to-end tests, and the figures that they measured, shown at the end.

A test notes a figure with pytest's `record_property("audit seconds", 7.9)`.
"""

from __future__ import annotations

import pytest

from tests.e2e.conftest import first_release, milwaukee, place, place_root

__all__ = ["first_release", "milwaukee", "place", "place_root"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    figures = [(report.nodeid, *figure) for report in reports for figure in report.user_properties]
    if figures:
        terminalreporter.section("figures")
    for test, name, value in figures:
        terminalreporter.write_line(f"{test.removeprefix('tests/stress/')}  {name}: {value}")
