"""Display the differences between two releases, as JSON or as tables. See `warehouse.releases` for how they are found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from orchestration.cli.display import out, table
from orchestration.figures import number
from warehouse.printable import first_names
from warehouse.releases import Differences, ExplainedDifference, Revision, explain_differences, find_causes
from warehouse.releases.comparison.compared_columns import Change

UNEXPLAINED = "not explained by the manifests"
# Values that nearly every row has; the displayed key leaves them out.
_COMMON_VALUES = {"tabulation": "exclusive", "stratum_type": "all", "stratum_code": "all", "geography_vintage": "current"}
_KEY_COLUMNS = ("period_start", "geography_type", "geography_vintage", "geoid", "race_ethnicity_code", "tabulation", "method",
          "stratum_type", "stratum_code")  # fmt: skip
_FIGURE_COLUMNS = ("published_measure", "period_end", "geography_type", "geography_vintage", "geoid", "race_ethnicity_code",
          "stratum_type", "stratum_code")  # fmt: skip
_MEASURE_COLUMNS = ("measure", "version", "added", "new periods", "removed", "changed", "revised", "withdrawn", "largest change",
          "explained by")  # fmt: skip
_PUBLISHER_COLUMNS = ("source", "figures before", "figures after", "revised", "new", "new periods", "withdrawn",
          "groups withdrawn", "other reasons", "removed")  # fmt: skip
_CAUSE_COLUMNS = ("kind", "name", "before", "after")
_CHANGE_COLUMNS = ("before", "after", "change")
_NAMES = 3  # of periods and groups that a cell lists


def as_data(differences: Differences) -> dict[str, Any]:
    """Return the differences as JSON-compatible data."""
    return {
        "before": differences.before.release_id,
        "after": differences.after.release_id,
        "same": differences.before.content_hash == differences.after.content_hash,
        "causes": [asdict(cause) for cause in find_causes(differences.before, differences.after)],
        "measures": [
            asdict(explained.difference)
            | {"explained_by": [asdict(cause) for cause in explained.causes], "is_explained": _is_explained(explained)}
            for explained in explain_differences(differences.before, differences.after, differences.measures)
        ],
        "publishers": [asdict(revision) for revision in differences.publishers],
        "goals": {goal: list(statuses) for goal, statuses in differences.goals.items()},
        "tables": {name: list(rows) for name, rows in differences.tables.items()},
    }


def show(differences: Differences) -> None:
    """Print the differences as tables."""
    before, after = differences.before, differences.after
    out.print(f"from {before.release_id} to {after.release_id}")
    if before.content_hash == after.content_hash:
        out.print("both have the same content")
    causes = find_causes(before, after)
    _print("Inputs that differ", _CAUSE_COLUMNS, [(cause.kind, cause.name, cause.before, cause.after) for cause in causes])
    explained = explain_differences(before, after, differences.measures)
    _print("Measures", _MEASURE_COLUMNS, [_measure(one) for one in explained])
    changes = [(one.difference.measure_id, *_change(each, _KEY_COLUMNS)) for one in explained for each in one.difference.top]
    _print("Largest changes", ("measure", "row", *_CHANGE_COLUMNS), changes, right=_CHANGE_COLUMNS)
    _print("Figures of other publishers, of all places", _PUBLISHER_COLUMNS, [_revision(one) for one in differences.publishers])
    revised = [(one.source, *_change(each, _FIGURE_COLUMNS)) for one in differences.publishers for each in one.top]
    columns = ("source", "figure", *_CHANGE_COLUMNS)
    _print("Largest revisions of other publishers", columns, revised, right=_CHANGE_COLUMNS)
    _print("Goals", ("goal", "before", "after"), [(goal, *statuses) for goal, statuses in differences.goals.items()])
    _print("Rows of tables", ("table", "before", "after"), [(name, *rows) for name, rows in differences.tables.items()])


def _print(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], right: Iterable[str] = ()) -> None:
    if rows:
        out.print()
        out.print(table(title, columns, rows, right))


def _measure(explained: ExplainedDifference) -> tuple[object, ...]:
    difference = explained.difference
    before, after = (", ".join(map(str, versions)) or "-" for versions in difference.versions)
    largest = next((number(change.by, 2) for change in difference.top if change.by is not None), None)
    explanation = ", ".join(str(cause) for cause in explained.causes) if _is_explained(explained) else UNEXPLAINED
    if difference.registry and before == after:
        explanation = f"{explanation}; registry: {', '.join(difference.registry)}"
    return (
        difference.measure_id,
        before if before == after else f"{before} → {after}, series break",
        difference.added,
        _some(difference.new_periods),
        difference.gone,
        difference.changed,
        difference.revised,
        difference.withdrawn,
        largest,
        explanation,
    )


def _revision(revision: Revision) -> tuple[object, ...]:
    reasons = [f"{reason}: {figures:,}" for reason, figures in revision.without_value.items()]
    return (
        revision.source,
        *revision.figures,
        revision.revised,
        revision.added,
        _some(revision.new_periods),
        revision.withdrawn,
        _some(revision.withdrawn_groups),
        _some(reasons),
        revision.removed,
    )


def _some(names: Sequence[str]) -> str:
    """The first names, and how many others there are."""
    return first_names(names, _NAMES, others="others") or "-"


def _is_explained(explained: ExplainedDifference) -> bool:
    return explained.is_known and bool(explained.causes)


def _change(change: Change, columns: Sequence[str]) -> tuple[str, ...]:
    """The key of a row, and its figure before, after and their difference."""
    return (
        row_key(change.key, columns),
        *("-" if value is None else number(value, 2) for value in (change.before, change.after, change.by)),
    )


def row_key(key: Mapping[str, Any], columns: Sequence[str] = _KEY_COLUMNS) -> str:
    """Return what identifies a row, without values that nearly every row has."""
    return " ".join(str(key[name]) for name in columns if _COMMON_VALUES.get(name) != key[name])
