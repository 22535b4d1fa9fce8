"""Suppress cells of the public file, so that no small count of persons can be computed from it.

A run calls `suppress` after the marts are built, and `write_ledger` and `write_history` before the release is sealed. The steps:

    planned_figures, reported_figures    the rows that the publication plan contains, frozen as first reported
    reported_responses    the same for the table of engagement responses
    counts, build_constraints    counts of persons behind the rows, and the equations between them
    suppression_units    the figures that are shown or hidden together
    complementary_suppression, snapshot_suppression, linear_programs    primary and complementary suppression
    publication_ledger   every row ever published
    published_history    the first and the last published state of each row, for `published.as_reported_history`

See the seed `publication_plan` for what is published at all, the published models for how a hidden row looks, and
`expectations.disclosure` for the audit of the result, which shares no code with this package (an import-linter contract).
"""

from warehouse.disclosure.states.planned_figures import PLANNED, Scope
from warehouse.disclosure.states.publication_ledger import (
    LedgerDamaged,
    publish_ledger,
    restore_ledger,
    write_history,
    write_ledger,
)
from warehouse.disclosure.states.published_history import read_history
from warehouse.disclosure.states.reported_figures import Urgent
from warehouse.disclosure.states.reported_responses import PLANNED_RESPONSES, write_reported_responses
from warehouse.disclosure.suppress import SuppressionSummary, next_due, suppress
