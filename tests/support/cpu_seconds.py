"""Measure the CPU seconds of each test file: `pytest -n 0 -p tests.support.cpu_seconds tests/unit/warehouse`.

CPU seconds of this process and of the processes that it has waited for; wall time on a busy machine measures the other work.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest

SHOWN = 25
_by_file: Counter[str] = Counter()
_by_test: Counter[str] = Counter()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    before = sum(os.times()[:4])
    yield
    used = sum(os.times()[:4]) - before
    _by_file[item.nodeid.partition("::")[0]] += used
    _by_test[item.nodeid] += used


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("CPU seconds")
    for counted in (_by_file, _by_test):
        for name, seconds in counted.most_common(SHOWN):
            terminalreporter.write_line(f"{seconds:8.2f}  {name}")
    terminalreporter.write_line(f"{sum(_by_file.values()):8.2f}  in all")
