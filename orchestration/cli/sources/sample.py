"""Provide `levelground sample`, which writes the deliveries of the generated sample city."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.sample import write_sample
from orchestration.cli.display import out, table
from orchestration.cli.options import examples

EXAMPLES = examples("levelground sample --out deliveries --rows 10000")


def sample(
    directory: Annotated[Path, typer.Option("--out", help="A new or empty folder, or one with an earlier sample.")],
    rows: Annotated[int, typer.Option(min=1000, help="Event rows over all sources.")] = 100_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 2026,
) -> None:
    """Write the sample city's deliveries."""
    summary = write_sample(directory, rows=rows, seed=seed)
    columns = ("source", "rows")
    out.print(table(None, columns, summary.rows.items()))
    out.print(f"{len(summary.files)} files in {directory}, {summary.seconds:.1f} s; read them with `--deliveries {directory}`")
