"""Write the page that shows a steward what is wrong with a delivery: one HTML file without scripts, links or private values.

See `sources.check_delivery` for the check, `expectations.delivery.column_differences` for what may be shown of a delivery.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, StrictUndefined

from expectations.delivery.column_differences import differing
from orchestration.sources.check_delivery import DeliveryCheck
from warehouse.files import write_atomically

PAGE = Path(__file__).with_suffix(".html")


def report_page(check: DeliveryCheck) -> str:
    """The page as HTML; every text in it is escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(PAGE.read_text(encoding="utf-8"))
    findings = [finding for finding in check.gate.findings if not finding.success]
    order = ("critical", "warning", "info")
    return template.render(
        contract=check.contract,
        gate=check.gate,
        accepted=check.accepted,
        failed=sorted(findings, key=lambda finding: order.index(finding.severity)),
        columns=check.columns,
        different=len(differing(check.columns)),
        delivery=check.delivery,
        names=check.row_names,
        rows=check.rows,
        number=lambda value: "" if value is None else f"{value:,.6g}",
    )


def write_report(check: DeliveryCheck, path: Path) -> None:
    """Write the page, whole or not at all."""
    write_atomically(path, report_page(check))
