"""Display what two releases publish differently, as JSON or on one screen. See `warehouse.releases` for how it is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from orchestration.cli.display import out
from orchestration.cli.release.differences import row_key
from orchestration.figures import number
from warehouse.printable import printable
from warehouse.releases import PublicDifferences

_LINES_OF_PROMPT = 2  # the command above, the prompt below


def as_data(found: PublicDifferences) -> dict[str, Any]:
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


def show(found: PublicDifferences, measure: str | None = None) -> None:
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
        yield [
            f"{one.measure_id:<{widest}} {counts.appear:>8,} {counts.change:>8,} {counts.vanish:>8,}",
            f"  {one.why}",
        ]


def _figures(found: PublicDifferences, measure: str) -> Iterator[list[str]]:
    yield [f"{len(found.figures):,} figures of {measure}"]
    for one in found.figures:
        values = " → ".join(number(one[name], 2) for name in ("value_before", "value_after") if one[name] is not None)
        reason = (one["reason"] or "").replace("_", " ")
        yield [f"{one['event']:<6} {row_key(one)}: {', '.join(text for text in (values, reason) if text)}"]


def _tables(found: PublicDifferences) -> list[str]:
    rows = [f"{name} {before or 0:,} → {after or 0:,}" for name, (before, after) in found.tables.items()]
    return [f"rows of tables: {'; '.join(rows)}"] if rows else []
