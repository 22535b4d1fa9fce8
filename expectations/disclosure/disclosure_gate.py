"""Decide whether the public file may be published, given every file that was published before.

This module runs the audit on files and returns findings. See `audit` for the audit, `orchestration` for the consequences.
Messages name measures, periods, kinds of places and numbers of cells, never a hidden figure.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from expectations.disclosure.audit import run_audit
from expectations.disclosure.classification import check_tables
from expectations.disclosure.equations.attacker_model import build_attacker_model
from expectations.disclosure.forbidden_disclosures import ForbiddenDisclosure, forbidden_disclosures, labelled_rows
from expectations.disclosure.history_attack import counts_revealed_by_history, read_history
from expectations.disclosure.inputs.audit_inputs import CellKey, Relations
from expectations.disclosure.inputs.read_responses import add_responses
from expectations.disclosure.inputs.reader import AuditReader
from expectations.disclosure.order_statistics import forbidden_order_statistics
from expectations.disclosure.published_bounds import forbidden_bounds
from expectations.disclosure.release_differencing import rows_changed_around_removals, small_changes
from expectations.results import ExpectationResult, GateResult, Severity
from warehouse.connection import joined
from warehouse.printable import first_names

SUBJECT = "published.equity_measures"
NAMED = 5  # the number of groups of cells that a message names; it counts the others


class LastRelease(NamedTuple):
    """The release before, of the same code and seeds. `public`: the schema of its public file, attached to the warehouse.

    `unchanged_sources`: the sources without a new load since.
    """

    public: str | None = None
    unchanged_sources: frozenset[str] = frozenset()


def gate_disclosure(
    database: Path,
    *,
    ledger: Path | None,
    responses: Path | None = None,
    relations: Relations | None = None,
    on_unanswered: Callable[[str, CellKey], None] | None = None,
    last: LastRelease | None = None,
) -> GateResult:
    """Evaluate the published figures of persons.

    `database`: the path of a file that this process has open, with the release files attached as `relations` names them.
    `ledger`: each state ever published (Parquet); None or a missing file before the first release. `responses`: the same of
    engagement responses.
    `on_unanswered` gets each count whose interval no program answers: the caller hides more around it, and audits again. `last`:
    the release before, if only its records differ.
    """
    began = time.perf_counter()
    relations = relations or Relations()
    with joined(database) as con:
        reader = AuditReader(con, relations, ledger)
        published, of_responses = add_responses(reader, responses, reader.published())
        figures = (*reader.figures(), *of_responses)
        known, records = reader.known_race_counts(), reader.median_records()
        over_schools = list(forbidden_bounds(reader))
        exact = list(forbidden_order_statistics(reader))
        first_figures = read_history(reader)
        unmarked, changed = reader.count_unmarked_changes(), reader.count_changed_waiting_rows()
        last = last or LastRelease()
        around = dict(rows_changed_around_removals(reader, last.public, last.unchanged_sources))
        columns = tuple(check_tables(con, relations.published))
    model = build_attacker_model(published, figures, known, records)
    found = run_audit(model)
    of_history = list(counts_revealed_by_history(model, published, first_figures))
    # a row that is hidden takes its first figures out of the history
    unanswered = (*found.unanswered, *((name, at) for name, at, is_unanswered in of_history if is_unanswered))
    if on_unanswered is not None:
        for name, at in unanswered:
            on_unanswered(name, at)
    refused = _named([*forbidden_disclosures(published, records.counts, labelled_rows(published, figures)), *over_schools])
    refused += [(f"a share that no count explains: {row.measure.measure_id}", row.where) for row in model.unexplained]
    tables = [f"published.{table} {rows} rows" for table, rows in around.items()]
    findings = (
        *columns,
        _finding("leaks", [(leak.records, leak.where) for leak in found.leaks], _LEAKS),
        _finding("unanswered", unanswered, _UNANSWERED),
        _finding("shown_functions", refused, _FUNCTIONS),
        _finding("shown_fractions", [(f"{family} of {name}", at) for family, name, at in found.fractions], _FRACTIONS),
        _finding("order_statistics", _named(exact), _EXACT),
        _finding("small_changes", small_changes(model, published), _CHANGES),
        _finding("history_leaks", [(name, at) for name, at, failed in of_history if not failed], _HISTORY_LEAKS),
        _finding("history_of_withdrawn", first_figures.withdrawn, _HISTORY_WITHDRAWN),
        _finding("history_was_published", first_figures.wrong, _HISTORY_WRONG),
        _finding("figures_agree", [(f"{family} of {name}", at) for family, name, at in found.contradictions], _AGREE),
        ExpectationResult.of_count("reported_as_counted", "critical", unmarked, f"{_UNSAID} ({unmarked:,})"),
        ExpectationResult.of_count("waiting_as_published", "critical", changed, f"{_WAITING} ({changed:,})"),
        ExpectationResult.of_count("around_removals", "critical", sum(around.values()), f"{', '.join(tables)}: {_AROUND}"),
        # no release can undo what readers have, so this one is not blocked for it
        _finding("told_before", [(leak.records, leak.where) for leak in found.leaked_before], _BEFORE, "warning"),
        _note("cells", found.cells),
        _note("sensitive_cells", found.sensitive),
        _note("seconds", round(time.perf_counter() - began, 3)),
    )
    return GateResult("disclosure", SUBJECT, findings)


def _named(disclosures: Iterable[ForbiddenDisclosure]) -> list[tuple[str, CellKey]]:
    return [(f"{one.what}: {one.measure.measure_id}", one.where) for one in disclosures]


_LEAKS = (
    "counts of few persons can be computed too closely from the published figures; hide more in the public file "
    "(warehouse/disclosure), or remove the measure from publication_plan.csv"
)
_UNANSWERED = (
    "no linear program has an answer for counts of few persons, so they count as disclosed although more was hidden around them; "
    "remove the measure or its smallest places from publication_plan.csv, and report it to the data team"
)
_FUNCTIONS = "the public file contains a value that reveals a hidden count; leave it empty (models/published)"
_FRACTIONS = "the public file shows a share whose denominator is hidden, which reveals both; leave it empty (models/published)"
_EXACT = (
    "a median of persons or its limit is not on its grid, or is the amount of few records; hide it, or choose a wider grid in "
    "the seed order_statistics"
)
_CHANGES = (
    "counts differ from the last release by fewer persons than may be shown; keep the earlier figure until the change is 0 or "
    "large (warehouse/disclosure)"
)
_AROUND = (
    "they differ from the last release although nothing but removed records changed, and so show whose records those were; "
    "the column must follow from reported figures (models/published)"
)
_HISTORY_LEAKS = (
    "counts that the public file hides can be computed for an earlier day from the first figures in as_reported_history; "
    "withhold them (models/published)"
)
_HISTORY_WITHDRAWN = (
    "as_reported_history repeats first figures although another figure of the source and period was withdrawn or hidden since; "
    "withhold them (models/published)"
)
_HISTORY_WRONG = "as_reported_history shows first figures that no release published; build it again, and find what changed"
_AGREE = "the public file contradicts the analyst file, or itself; build it again, and find what changed"
_UNSAID = "reported figures differ from the counts without a pending revision"
_WAITING = (
    "public rows whose correction waits differ from the last release, which shows whose record was erased; keep every "
    "column as reported (warehouse/disclosure/states/reported_figures.py)"
)
_BEFORE = "counts of few persons can be computed from earlier releases alone; the threshold or the plan was different then"


def _finding(name: str, cells: Iterable[tuple[str, CellKey]], problem: str, severity: Severity = "critical") -> ExpectationResult:
    groups = Counter((what, f"{where.period_type} {where.period_start}", where.geography_type) for what, where in cells)
    named = [f"{', '.join(group)}: {count} cell{'s' if count > 1 else ''}" for group, count in sorted(groups.items())]
    message = f"{problem} ({first_names(named, NAMED, '; ', 'more groups')})"
    return ExpectationResult.of_count(name, severity, groups.total(), message)


def _note(name: str, number: float) -> ExpectationResult:
    return ExpectationResult(name, None, "info", True, float(number), None, "")
