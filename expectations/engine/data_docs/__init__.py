"""Render gate results as pages with Great Expectations' Data Docs.

This module converts a gate's plain result to the form that Great Expectations renders, and adds the frame of the page. A page
contains the counts, shares and messages of the results, and never a cell. Great Expectations' own frame loads styles and scripts
from third-party servers, and they draw its site index; this frame loads nothing. Importing this module takes seconds,
because it imports great_expectations.
"""

from __future__ import annotations

import datetime as dt
from html import escape
from pathlib import Path
from typing import Any

from great_expectations import __version__ as gx_version
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
from great_expectations.render.view.view import DefaultJinjaPageView

from expectations.engine.custom_expectations import RECORDED_RESULT
from expectations.results import ExpectationResult, GateResult


def gate_page(result: GateResult, run_id: str, started_at: dt.datetime, style: str) -> str:
    """The page of one gate, as HTML that loads nothing; `style` is its CSS."""
    at = started_at.replace(tzinfo=dt.UTC)
    found = [_shown(finding) for finding in sorted(result.findings, key=lambda finding: finding.success)]
    successful = sum(finding.success for finding in result.findings)
    statistics = {
        "evaluated_expectations": len(found),
        "successful_expectations": successful,
        "unsuccessful_expectations": len(found) - successful,
        "success_percent": 100 * successful / len(found) if found else None,
    }
    verdict = ExpectationSuiteValidationResult(
        success=result.passed,
        results=found,
        suite_name=result.subject,
        statistics=statistics,
        meta={"run_id": RunIdentifier(run_name=run_id, run_time=at), "great_expectations_version": gx_version},
    )
    document = ValidationResultsPageRenderer().render(verdict)
    view: Any = DefaultJinjaPageView(custom_views_directory=str(Path(__file__).parent))
    return str(view.render(document, "gate.html", style=style, gate=result, run_id=run_id, started_at=started_at))


def _shown(finding: ExpectationResult) -> ExpectationValidationResult:
    expected = finding.expectation.replace("_", " ")
    if finding.threshold is not None:
        expected += f" (limit {finding.threshold:,.10g})"
    description = f"{finding.severity}: {expected}{f': {finding.message}' if finding.message else ''}"
    configuration = ExpectationConfiguration(
        type=RECORDED_RESULT,
        # Great Expectations renders both as HTML, and a file may have any name
        kwargs={"column": escape(finding.column)} if finding.column else {},
        description=escape(description),
        severity=FailureSeverity(finding.severity),
    )
    observed = "none" if finding.observed is None else f"{finding.observed:,.10g}"
    return ExpectationValidationResult(
        success=finding.success,
        expectation_config=configuration,
        result={"observed_value": observed},
        exception_info={"raised_exception": False, "exception_traceback": None, "exception_message": None},
    )
