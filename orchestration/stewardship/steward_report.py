"""Write the page that shows a steward what is wrong with a delivery: one HTML file without scripts, links or private values.

See `check_delivery` for the check, `expectations.delivery.column_differences` for what may be shown of a delivery.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, StrictUndefined

from expectations.delivery.column_differences import differing
from expectations.delivery.steward_words import delivered_name, steward_findings
from orchestration.stewardship.check_delivery import DeliveryCheck
from warehouse.files import write_atomically

PAGE = Path(__file__).with_suffix(".html")


def report_page(check: DeliveryCheck) -> str:
    """The page as HTML; every text in it is escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(PAGE.read_text(encoding="utf-8"))
    findings = steward_findings(check.contract, check.gate, check.columns)
    failing = [finding.name for finding in findings if finding.name]
    # failing columns are first: a table of 200 columns does not fit a screen
    shown = sorted(range(len(check.row_names)), key=lambda at: check.row_names[at] not in failing)
    return template.render(
        contract=check.contract,
        gate=check.gate,
        accepted=check.accepted,
        failed=findings,
        columns=sorted(check.columns, key=lambda line: not line.differs and line.column not in failing),
        failing=failing,
        different=len(differing(check.columns)),
        delivery=check.delivery,
        names=[(check.row_names[at], delivered_name(check.contract, check.row_names[at], check.columns)) for at in shown],
        rows=[[(check.row_names[at], row[at]) for at in shown] for row in check.rows],
    )


def write_report(check: DeliveryCheck, path: Path) -> None:
    """Write the page, whole or not at all."""
    write_atomically(path, report_page(check))
