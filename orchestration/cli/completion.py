"""Complete sources, measures and tables on the command line. A shell waits for it, so it imports little and reads file names."""

from __future__ import annotations

import csv
from pathlib import Path

from orchestration.settings import DBT_PROJECT, PROJECT, Settings


def sources(incomplete: str) -> list[str]:
    """Return the sources with a contract whose names start so."""
    folders = [PROJECT / "ingest" / "sources", Settings.from_environment().further_sources]
    names = {path.stem for folder in folders if folder is not None for path in Path(folder).glob("*.yml")}
    return sorted(name for name in names if name.startswith(incomplete))


def measures(incomplete: str) -> list[tuple[str, str]]:
    """Return the measures whose ids start so, each with its name."""
    with (DBT_PROJECT / "seeds" / "reference" / "measure_registry.csv").open(encoding="utf-8", newline="") as file:
        names = {row["measure_id"]: row["name"] for row in csv.DictReader(file)}
    return sorted((measure, name) for measure, name in names.items() if measure.startswith(incomplete))


def tables(incomplete: str) -> list[str]:
    """Return the tables of the current release that start so, by name or by `schema.name`."""
    from orchestration.cli.release_reader import open_release, tables_of  # noqa: PLC0415 - DuckDB, for this completion only

    names = [(table.schema, table.name) for table in tables_of(open_release(Settings.from_environment().home, public=False))]
    return sorted(
        [name for _, name in names if name.startswith(incomplete)]
        + [f"{schema}.{name}" for schema, name in names if "." in incomplete and f"{schema}.{name}".startswith(incomplete)]
    )
