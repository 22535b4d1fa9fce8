"""Compare the public files of two releases: figures that appear, change and vanish, by measure, with reasons.

`public_differences.sql.jinja` classifies each row. Only public files and manifests are read, and a figure that is not shown now
has no value here. See `differences` for the analyst file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from warehouse.connection import attach, open_from_disk
from warehouse.disclosure.states.planned_figures import GRAIN
from warehouse.paths import PUBLIC_FILE, Home
from warehouse.printable import first_names
from warehouse.releases.comparison.change_attribution import REGISTRY_SEED, Cause, causes_by_measure, find_causes
from warehouse.releases.comparison.differences import NOT_COMPARED, common_columns, compared_rows
from warehouse.releases.manifest import Manifest, ReleaseCorrupt
from warehouse.releases.sealing import verify
from warehouse.sql import queries

FIGURES, MEASURES = "published.equity_measures", "published.measures"
# Columns of `published.measures` from the registry that decide about figures.
REGISTRY = (
    "measure_version", "kind", "numerator", "denominator", "unit", "age_universe", "favourable_direction", "reference_rule",
    "reference_code", "minimum_n", "population_scheme", "is_estimate", "interval_basis", "places", "weighted_places",
    "stratified_places",
)  # fmt: skip
# What decides which planned figures are published, and is no part of a measure's lineage.
_PUBLICATION = ("seed publication_", "model int_disclosure__")
_CODE = ("model", "code", "version", "as_of")
_NAMES = 3  # that a text has
_QUERIES = Path(__file__).with_suffix(".sql.jinja")


@dataclass(frozen=True)
class PublicCounts:
    """Figures that appear, change and vanish; `hidden`: those of the last that are suppressed now.

    `rows_new`, `rows_left`: rows without a figure that only one of the files has. `other`: rows with the same value of which
    another column differs, such as a range or a ratio.
    """

    appear: int = 0
    change: int = 0
    vanish: int = 0
    hidden: int = 0
    rows_new: int = 0
    rows_left: int = 0
    other: int = 0

    def __str__(self) -> str:
        hidden = f" ({self.hidden:,} hidden)" if self.hidden else ""
        text = f"{self.appear:,} appear, {self.change:,} change, {self.vanish:,} vanish{hidden}"
        rows = [f"{count:,} {word}" for count, word in ((self.rows_new, "new"), (self.rows_left, "gone")) if count]
        return f"{text}; rows without a figure: {', '.join(rows)}" if rows else text


@dataclass(frozen=True)
class PublicMeasure:
    """The changes of a measure.

    `reasons`: numbers of figures that appear and vanish, and of new and left rows, by reason;
    `columns`: numbers of other rows that differ, by column.

    `causes`: changed inputs in its lineage, and in what decides about publication.
    """

    measure_id: str
    counts: PublicCounts
    reasons: Mapping[str, int]
    columns: Mapping[str, int]
    causes: tuple[Cause, ...]

    @property
    def why(self) -> str:
        """The reasons and the changed inputs in words."""
        reasons = [f"{count:,} {reason.replace('_', ' ')}" for reason, count in self.reasons.items()]
        if self.counts.other and not self.counts.change:
            reasons.append(f"{self.counts.other:,} differ in {first_names([*self.columns], _NAMES)}")
        causes = first_names([str(cause) for cause in self.causes], _NAMES, others="more") or "none of it changed"
        return "; ".join([*reasons, f"inputs: {causes}"])


@dataclass(frozen=True)
class PublicDifferences:
    """The public files of two releases. `figures`: of one measure, if it was asked for; `tables`: rows, where they differ."""

    before: Manifest
    after: Manifest
    counts: PublicCounts
    measures: tuple[PublicMeasure, ...]
    tables: Mapping[str, tuple[int | None, int | None]]
    figures: tuple[Mapping[str, Any], ...] = ()


def compare_public(home: Home, before: str, after: str, measure: str | None = None) -> PublicDifferences:
    """The differences of two verified releases. Raises UnknownRelease or ReleaseCorrupt."""
    first, second = verify(home, before), verify(home, after)
    was, now = (manifest.files[PUBLIC_FILE].tables for manifest in (first, second))
    tables = {name: (was.get(name), now.get(name)) for name in sorted({*was, *now}) if was.get(name) != now.get(name)}
    if before == after:
        return PublicDifferences(first, second, PublicCounts(), (), {})
    with _compared(home.release(before) / PUBLIC_FILE, home.release(after) / PUBLIC_FILE) as con:
        if con is None:
            raise ReleaseCorrupt(before, PUBLIC_FILE, f"{FIGURES} lacks columns that a comparison needs: it is of an old version")
        registered = _with_another_row(con)
        found = [_measure(row, registered, (first, second)) for row in compared_rows(con.execute("from public_measures"))]
        of_measure = f"select {', '.join(GRAIN[2:])}, event, reason, value_before, value_after from public_figures"
        ordered = f"where measure_id = ? and event is not null order by event desc, reason, {', '.join(GRAIN[2:])}"
        figures = compared_rows(con.execute(f"{of_measure} {ordered}", [measure])) if measure else []
        return PublicDifferences(first, second, _counts(con), tuple(found), tables, tuple(figures))


def count_changes(before: Path, after: Path) -> PublicCounts | None:
    """Count the changes of two public files; None if one is of a version that cannot be compared."""
    with _compared(before, after) as con:
        return _counts(con) if con else None


def _with_another_row(con: DuckDBPyConnection) -> set[str]:
    """The measures whose current row of the registry is in both attached files, and differs."""
    columns = [name for name in common_columns(con, MEASURES) if name in REGISTRY]
    differs = " or ".join(f"before.{name} is distinct from after.{name}" for name in columns) or "false"
    rows = con.execute(
        f"select measure_id from (from before.{MEASURES} where is_current) as before "
        f"inner join (from after.{MEASURES} where is_current) as after using (measure_id) where {differs}"
    ).fetchall()
    return {code for (code,) in rows}


@contextmanager
def _compared(before: Path, after: Path) -> Iterator[DuckDBPyConnection | None]:
    """A connection with the tables of the query, and both files attached; None if they lack a column of the comparison."""
    with open_from_disk(before, "before") as con:
        attach(con, after, "after", read_only=True)
        columns = common_columns(con, FIGURES)
        if {*GRAIN, "value", "publication_status"} - {*columns}:
            yield None
            return
        types = {name: kind for name, kind in columns.items() if name not in (*GRAIN, *NOT_COMPARED)}
        con.execute(queries(_QUERIES, grain=[*GRAIN], types=types).compare())
        yield con


def _counts(con: DuckDBPyConnection) -> PublicCounts:
    [row] = compared_rows(con.execute("select * exclude (measure_id) from public_counts where measure_id is null"))
    return PublicCounts(**row)


def _measure(row: Mapping[str, Any], registered: set[str], manifests: tuple[Manifest, Manifest]) -> PublicMeasure:
    code, counts = row["measure_id"], PublicCounts(**{name: row[name] for name in PublicCounts.__dataclass_fields__})
    causes = [*causes_by_measure(*manifests).get(code, ())]
    is_one_sided = counts.appear or counts.vanish or counts.rows_new or counts.rows_left
    named = [
        cause
        for cause in find_causes(*manifests)
        if (code in registered and (cause.kind, cause.name) == ("seed", REGISTRY_SEED))
        or (is_one_sided and f"{cause.kind} {cause.name}".startswith(_PUBLICATION))
    ]
    found = {*named, *(cause for cause in causes if cause.kind != "as_of" or not named)}
    # what people change comes first, and of it what decides about publication
    order = sorted(found, key=lambda cause: (cause.kind in _CODE, cause not in named, cause.kind, cause.name))
    return PublicMeasure(code, counts, row["reasons"] or {}, row["columns"] or {}, tuple(order))
