"""A gate's verdict as a page: everything that was found, escaped, and nothing that a browser would fetch."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest

from expectations.engine.data_docs import gate_page
from expectations.results import ExpectationResult, GateResult

STARTED = dt.datetime(2025, 12, 2, 8)
GOOD = ExpectationResult("not_null", "created_at", "critical", True, 0.0, 0.0, "")
BAD = ExpectationResult(
    "unmapped_labels", None, "critical", False, 12.5, 1.0, "write a row of the crosswalk; first in <b>x</b> $a.csv"
)


def page(*findings: ExpectationResult) -> str:
    return gate_page(GateResult("delivery", "ucc__service_requests", findings), "run-1", STARTED, "p { color: red }")


def test_a_page_contains_the_status_and_every_result() -> None:
    content = page(GOOD, BAD)
    assert "2 expectations, 1 critical findings, 0 warnings" in content
    assert "failed" in content
    assert "critical: not null (limit 0)" in content
    assert "12.5" in content
    assert content.index("unmapped labels") < content.index("not null"), "what failed comes first"
    assert content.count("fa-check-circle") == 1
    assert "2025-12-02 08:00:00 UTC" in content


def test_the_page_of_a_gate_that_passed_reports_it() -> None:
    assert "1 expectations, 0 critical findings" in page(GOOD)
    assert "passed" in page(GOOD)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "$created_at", "${x} $$ $"])
def test_what_a_delivery_is_called_is_shown_and_never_run(text: str) -> None:
    content = page(ExpectationResult("rows", text, "warning", False, None, None, f"first in {text}"))
    assert "<script" not in content
    assert "<img" not in content
    assert f"warning: rows: first in {text}\n" in html.unescape(content)
    assert f" {text}\n" in html.unescape(content), "the column's heading"


def test_a_page_loads_nothing() -> None:
    content = page(GOOD, BAD)
    assert not re.search(r"<(script|link|img|iframe)\b", content)
    assert not re.search(r"(https?:)?//[a-z]", content.replace("<!doctype", ""))
    assert "default-src 'none'" in content
