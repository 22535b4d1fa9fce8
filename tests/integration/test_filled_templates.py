"""The gate refuses what Excel does not: wrong values that were pasted into a template."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from ingest.contract.registry import load_registry
from ingest.contract.template_fields import template_fields
from orchestration.settings import Settings
from orchestration.stewardship.check_delivery import check_delivery
from tests.support.filled_template import empty_template, filled

PARTICIPATION = "oei__engagement_participation"
DAY = dt.datetime(2025, 3, 4)


def test_wrong_values_in_a_template_are_critical_findings(tmp_path: Path) -> None:
    contract = load_registry()[PARTICIPATION]
    headings = [field.heading for field in template_fields(contract)]
    template = empty_template(contract)
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_DELIVERIES": "sample"})

    def critical(**cells: object) -> set[tuple[str, str | None]]:
        """The critical findings about one row, which is good but for these cells."""
        row = {"Response ID": "1", "Event ID": "E", "Date": DAY, "Asian": "x"} | cells
        path = tmp_path / "filled.xlsx"
        path.write_bytes(filled(template, [[row.get(name) for name in headings]]))
        gate = check_delivery(settings, PARTICIPATION, path).gate
        return {(found.expectation, found.column) for found in gate.failed_critical}

    assert critical() == set()
    assert ("required_pct", "participated_on") in critical(Date="some day")
    assert ("required_pct", "event_number") in critical(**{"Event ID": None})
    assert critical(Asian="no") == {("unmapped_labels_pct", "race_ethnicity")}
    assert critical(**{"Asian": None, "No answer": "Martian"}) == {("unmapped_labels_pct", "race_ethnicity")}
