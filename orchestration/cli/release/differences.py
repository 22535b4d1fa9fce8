"""Display the differences between two releases, in all tables or in public figures, as JSON or for people.

See `warehouse.releases` for how they are found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from orchestration.cli.display import Table, out
from orchestration.figures import number
from warehouse.printable import first_names, printable
from warehouse.releases import Differences, ExplainedDifference, PublicDifferences, Revision, explain_differences, find_causes
from warehouse.releases.comparison.differences import Change

UNEXPLAINED = "not explained by the manifests"
# Values that nearly every row has; the displayed key leaves them out.
_COMMON_VALUES = {"tabulation": "exclusive", "stratum_type": "all", "stratum_code": "all", "geography_vintage": "current"}
_KEY_COLUMNS = ("period_start", "geography_type", "geography_vintage", "geoid", "race_ethnicity_code", "tabulation", "method",
          "stratum_type", "stratum_code")  # fmt: skip
_FIGURE_COLUMNS = ("published_measure", "period_end", "geography_type", "geography_vintage", "geoid", "race_ethnicity_code",
          "stratum_type", "stratum_code")  # fmt: skip
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
    _print("Inputs that differ", (asdict(cause) for cause in find_causes(before, after)))
    explained = explain_differences(before, after, differences.measures)
    _print("Measures", map(_measure, explained))
    changes = ((one.difference.measure_id, change) for one in explained for change in one.difference.top)
    _print("Largest changes", ({"measure": of, "row": row_key(change.key)} | _values(change) for of, change in changes))
    _print("Figures of other publishers, of all places", map(_revision, differences.publishers))
    revised = ((of.source, change) for of in differences.publishers for change in of.top)
    figures = ({"source": of, "figure": row_key(change.key, _FIGURE_COLUMNS)} | _values(change) for of, change in revised)
    _print("Largest revisions of other publishers", figures)
    for title, name, pairs in (("Goals", "goal", differences.goals), ("Rows of tables", "table", differences.tables)):
        _print(title, ({name: each, "before": was, "after": now} for each, (was, now) in pairs.items()))


def _print(title: str, lines: Iterable[Mapping[str, object]]) -> None:
    if rows := [*lines]:
        out.print()
        right = ("before", "after", "change") if "change" in rows[0] else ()
        out.print(Table(title, [*rows[0]], [[*row.values()] for row in rows], right))


def _measure(explained: ExplainedDifference) -> dict[str, object]:
    difference = explained.difference
    before, after = (", ".join(map(str, versions)) or "-" for versions in difference.versions)
    largest = next((number(change.by, 2) for change in difference.top if change.by is not None), None)
    explanation = ", ".join(str(cause) for cause in explained.causes) if _is_explained(explained) else UNEXPLAINED
    if difference.registry and before == after:
        explanation = f"{explanation}; registry: {', '.join(difference.registry)}"
    return {
        "measure": difference.measure_id,
        "version": before if before == after else f"{before} → {after}, series break",
        "added": difference.added,
        "new periods": _some(difference.new_periods),
        "removed": difference.gone,
        "changed": difference.changed,
        "revised": difference.revised,
        "withdrawn": difference.withdrawn,
        "largest change": largest,
        "explained by": explanation,
    }


def _revision(revision: Revision) -> dict[str, object]:
    reasons = [f"{reason}: {figures:,}" for reason, figures in revision.without_value.items()]
    return {
        "source": revision.source,
        "figures before": revision.figures[0],
        "figures after": revision.figures[1],
        "revised": revision.revised,
        "new": revision.added,
        "new periods": _some(revision.new_periods),
        "withdrawn": revision.withdrawn,
        "groups withdrawn": _some(revision.withdrawn_groups),
        "other reasons": _some(reasons),
        "removed": revision.removed,
    }


def _some(names: Sequence[str]) -> str:
    """The first names, and how many others there are."""
    return first_names(names, _NAMES, others="others") or "-"


def _is_explained(explained: ExplainedDifference) -> bool:
    return explained.is_known and bool(explained.causes)


def _values(change: Change) -> dict[str, object]:
    """The figure of a row before and after, and their difference."""
    values = {"before": change.before, "after": change.after, "change": change.by}
    return {name: "-" if value is None else number(value, 2) for name, value in values.items()}


def row_key(key: Mapping[str, Any], columns: Sequence[str] = _KEY_COLUMNS) -> str:
    """Return what identifies a row, without values that nearly every row has."""
    return " ".join(str(key[name]) for name in columns if _COMMON_VALUES.get(name) != key[name])


_LINES_OF_PROMPT = 2  # the command above, the prompt below


def public_data(found: PublicDifferences) -> dict[str, Any]:
    """Return the differences as JSON-compatible data."""
    return {
        "before": found.before.release_id,
        "after": found.after.release_id,
        **asdict(found.counts),
        "measures": [
            asdict(one.counts) | {name: value for name, value in asdict(one).items() if name != "counts"}
            for one in found.measures
        ],
        "tables": {name: list(rows) for name, rows in found.tables.items()},
        "figures": list(found.figures),
    }


def show_public(found: PublicDifferences, measure: str | None = None) -> None:
    """Print the differences, or those of the figures of one measure; a file or pipe gets every line."""
    before = [f"from {found.before.release_id} to {found.after.release_id}", f"public figures: {found.counts}"]
    if found.counts.other:
        before.append(f"{found.counts.other:,} rows keep their figure, and another column of them differs")
    blocks = list(_figures(found, measure) if measure else _measures(found))
    after = [] if measure or not blocks else ["--measure NAME lists the figures of a measure"]
    after = [*_tables(found), *after]
    most = len(blocks)
    if out.is_terminal and blocks:  # one line says how many are left out
        room = out.height - _LINES_OF_PROMPT - len(before) - len(after) - 2
        most = max(room // len(blocks[-1]), 1) + 1
    lines = [line for block in blocks[:most] for line in block]
    lines += [f"{len(blocks) - most} more; a pipe (`| less`) and --json get all"] if len(blocks) > most else []
    for line in (*before, *lines, *after):
        text = printable(line)
        out.print(text if len(text) <= out.width else f"{text[: out.width - 2]} …")


def _measures(found: PublicDifferences) -> Iterator[list[str]]:
    """The heading, and per measure its numbers and, below them, the reasons."""
    widest = max((len(one.measure_id) for one in found.measures), default=0)
    if found.measures:
        yield [f"{'measure':<{widest}}   appear   change   vanish"]
    for one in found.measures:
        counts = one.counts
        yield [f"{one.measure_id:<{widest}} {counts.appear:>8,} {counts.change:>8,} {counts.vanish:>8,}", f"  {one.why}"]


def _figures(found: PublicDifferences, measure: str) -> Iterator[list[str]]:
    yield [f"{len(found.figures):,} figures of {measure}"]
    for one in found.figures:
        values = " → ".join(number(one[name], 2) for name in ("value_before", "value_after") if one[name] is not None)
        reason = (one["reason"] or "").replace("_", " ")
        yield [f"{one['event']:<6} {row_key(one)}: {', '.join(text for text in (values, reason) if text)}"]


def _tables(found: PublicDifferences) -> list[str]:
    rows = [f"{name} {before or 0:,} → {after or 0:,}" for name, (before, after) in found.tables.items()]
    return [f"rows of tables: {'; '.join(rows)}"] if rows else []
