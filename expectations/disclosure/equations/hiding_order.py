"""Add what the order of hiding reveals: themes of engagement are hidden from the smallest on.

A reader of the documentation knows the order. A hidden theme counts no more than the smallest theme that is shown, or fewer than
the threshold. The suppressor of measures has no such order: it hides what costs readers least over all equations of a component.
"""

from __future__ import annotations

from expectations.disclosure.equations.cells import Cells
from expectations.disclosure.forbidden_disclosures import is_hidden
from expectations.disclosure.inputs.audit_inputs import CellKey, Published

THEMES = "engagement_theme"
INPUTS = "engagement_responses.inputs_count"


def add_hiding_order(cells: Cells, published: Published) -> None:
    """Add the upper bounds of hidden themes, where the true counts fulfil them."""
    smallest: dict[CellKey, float] = {}
    hidden: list[tuple[int, CellKey, int]] = []
    for row in published.rows:
        if row.measure.measure_id != INPUTS or row.where.stratum_type != THEMES:
            continue
        year = row.where._replace(stratum_code="")
        if not is_hidden(row) and "numerator" in row.figures:
            smallest[year] = min(smallest.get(year, float("inf")), row.figures["numerator"])
        elif (cell := cells.get(row.measure.numerator, row.where)) is not None:
            hidden.append((cell, year, row.measure.threshold))
    for cell, year, threshold in hidden:
        if year in smallest:
            cells.at_most({cell: 1.0}, max(smallest[year], threshold - 1.0), "hiding order")
