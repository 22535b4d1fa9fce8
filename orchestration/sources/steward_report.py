"""The page that tells a steward what is wrong with a delivery: one file, nothing loaded from anywhere, no private value.

Here: the page. Not here: the verdict and what may be shown of a delivery (`checking`,
`expectations.delivery.column_differences`).
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, StrictUndefined

from expectations.delivery.column_differences import differing
from orchestration.sources.check_delivery import Checked
from warehouse.files import write_atomically

PAGE = Path(__file__).with_suffix(".html")


def report_page(checked: Checked) -> str:
    """The page as HTML; every text in it is escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(PAGE.read_text(encoding="utf-8"))
    findings = [finding for finding in checked.gate.findings if not finding.success]
    order = ("critical", "warning", "info")
    return template.render(
        contract=checked.contract,
        gate=checked.gate,
        failed=sorted(findings, key=lambda finding: order.index(finding.severity)),
        columns=checked.columns,
        different=len(differing(checked.columns)),
        receipt=checked.receipt,
        names=checked.row_names,
        rows=checked.rows,
        number=lambda value: "" if value is None else f"{value:,.6g}",
    )


def write_report(checked: Checked, path: Path) -> None:
    """Write the page, whole or not at all."""
    write_atomically(path, report_page(checked))
