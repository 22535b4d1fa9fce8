"""How `levelground releases diff` tells what differs: as plain data, or as tables for people.

Here: the wording. Not here: what differs and why (`warehouse.releases`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from orchestration.cli.display import out, table
from warehouse.releases import Differences, Explained, causes, explain

NOTHING_KNOWN = "nothing that the manifests tell of"
# A key without what is the same for nearly every row.
_USUAL = {"tabulation": "exclusive", "stratum_type": "all", "stratum_code": "all", "geography_vintage": "current"}
_NAMED = ("period_start", "geography_type", "geography_vintage", "geoid", "race_ethnicity_code", "tabulation", "method",
          "stratum_type", "stratum_code")  # fmt: skip


def as_data(told: Differences) -> dict[str, Any]:
    """The differences as JSON takes them."""
    return {
        "before": told.before.release_id,
        "after": told.after.release_id,
        "same": told.before.content_hash == told.after.content_hash,
        "causes": [asdict(cause) for cause in causes(told.before, told.after)],
        "measures": [
            asdict(explained.difference)
            | {"explained_by": [asdict(cause) for cause in explained.causes], "is_explained": _is_explained(explained)}
            for explained in explain(told.before, told.after, told.measures)
        ],
        "goals": {goal: list(statuses) for goal, statuses in told.goals.items()},
        "tables": {name: list(rows) for name, rows in told.tables.items()},
    }


def show(told: Differences) -> None:
    """Print the differences for people."""
    out.print(f"from {told.before.release_id} to {told.after.release_id}", markup=False)
    if told.before.content_hash == told.after.content_hash:
        out.print("they say the same", markup=False)
    _print("What they were made of", ("what", "name", "before", "after"),
           [(cause.kind, cause.name, cause.before, cause.after) for cause in causes(told.before, told.after)])  # fmt: skip
    explained = explain(told.before, told.after, told.measures)
    _print(
        "Measures",
        ("measure", "version", "added", "gone", "changed", "largest change", "explained by"),
        [_measure(one) for one in explained],
        right=("added", "gone", "changed"),
    )
    _print(
        "Largest changes",
        ("measure", "row", "before", "after", "change"),
        [
            (one.difference.measure_id, _key(change.key), *map(_number, (change.before, change.after, change.by)))
            for one in explained
            for change in one.difference.top
        ],
        right=("before", "after", "change"),
    )
    _print("Goals", ("goal", "before", "after"), [(goal, *statuses) for goal, statuses in told.goals.items()])
    _print(
        "Rows of tables",
        ("table", "before", "after"),
        [(name, *rows) for name, rows in told.tables.items()],
        right=("before", "after"),
    )


def _print(title: str, columns: tuple[str, ...], rows: list[tuple[object, ...]], right: Iterable[str] = ()) -> None:
    if rows:
        out.print()
        out.print(table(title, columns, rows, right=right))


def _measure(explained: Explained) -> tuple[object, ...]:
    difference = explained.difference
    before, after = (", ".join(map(str, versions)) or "-" for versions in difference.versions)
    largest = next((_number(change.by) for change in difference.top if change.by is not None), None)
    said = ", ".join(str(cause) for cause in explained.causes) if _is_explained(explained) else NOTHING_KNOWN
    if difference.registry and before == after:
        said = f"{said}; registry: {', '.join(difference.registry)}"
    return (
        difference.measure_id,
        before if before == after else f"{before} → {after}, series break",
        difference.added,
        difference.gone,
        difference.changed,
        largest,
        said,
    )


def _is_explained(explained: Explained) -> bool:
    return explained.is_known and bool(explained.causes)


def _key(key: Mapping[str, str]) -> str:
    return " ".join(key[name] for name in _NAMED if _USUAL.get(name) != key[name])


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"
