"""Prepare the inputs of the limit's script: the models as dbt compiles them, contracts and settings, the columns of seeds.

    python -m tests.bench.limit.pasted HOME FOLDER

Run it once for a home with a finished run, outside all timing. See `script` for the run.
"""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from orchestration.settings import DBT_PROJECT
from orchestration.transform import dbt_runner
from warehouse.connection import open_from_disk
from warehouse.paths import Home
from warehouse.sql import literal

DATABASES = ("release", "public")
QUALITY = "quality"
READ = ("models", "macros/conform", "macros/measures")
# Run tables that the models read; the others serve the quality tables, which the limit leaves out.
RECEIPTS = sorted(
    {
        name
        for folder in READ
        for file in (DBT_PROJECT / folder).rglob("*.sql")
        if QUALITY not in file.parts
        for name in re.findall(r"source\('receipts', '(\w+)'\)", file.read_text(encoding="utf-8"))
    }
)
MODELS = "models.json"


@dataclass(frozen=True)
class Model:
    """A model or seed: `kind` is table, view or seed, `folder` its folder in the project.

    For a seed `sql` is its file, and `columns` are its types by name.
    """

    name: str
    alias: str
    database: str
    schema: str
    kind: str
    sql: str
    columns: dict[str, str]
    is_enforced: bool
    folder: str

    @property
    def relation(self) -> str:
        """Its qualified name, quoted."""
        return f'"{self.database}"."{self.schema}"."{self.alias}"'


def paste(home: Home, folder: Path) -> None:
    """Write the inputs of the script into `folder`. dbt compiles in `home`, so pass a copy under the path of the original."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_from_disk(home.warehouse, "warehouse") as con:  # before dbt opens it, which keeps it
        for name in RECEIPTS:
            con.execute(f"copy warehouse.receipts.{name} to {literal(str(folder / name))} (format parquet)")
    nodes = _compiled(home, "--exclude", "resource_type:test", "resource_type:unit_test")
    models = [_model(node) for node in nodes if node.resource_type in ("model", "seed") and node.schema != QUALITY]
    macros = [_compiled(home, "--inline", f"{{{{ create_stats_macros('{name}') }}}}")[0].compiled_code for name in DATABASES]
    with open_from_disk(home.published_analyst, "release") as con:
        models = [_with_types(con, model) if model.kind == "seed" else model for model in models]
    (folder / MODELS).write_text(json.dumps({"macros": macros, "models": [asdict(model) for model in models]}, indent=1))


def read_pasted(folder: Path) -> tuple[list[str], list[Model]]:
    """The macros of the schema `stats`, and the models in the order of their dependencies."""
    document = json.loads((folder / MODELS).read_text())
    return document["macros"], [Model(**model) for model in document["models"]]


def _compiled(home: Home, *more: str) -> list[Any]:
    """The nodes that dbt compiles, in the order in which it would run them."""
    command = ["compile", "--no-populate-cache", "--no-write-json", *more]
    return [result.node for result in dbt_runner._invoke(home, command, parsed=dbt_runner.parsed_project(home)).results]


def _model(node: Any) -> Model:
    is_seed = node.resource_type == "seed"
    return Model(
        name=node.name,
        alias=node.alias,
        database=node.database,
        schema=node.schema,
        # an incremental fact is built whole here
        kind={"incremental": "table"}.get(node.config.materialized, node.config.materialized),
        sql=str(Path(node.root_path) / node.original_file_path) if is_seed else node.compiled_code,
        columns={name: column.data_type or "" for name, column in node.columns.items()},
        is_enforced=not is_seed and bool(node.contract.enforced),
        folder="/".join(node.fqn[1:-1]),
    )


def _with_types(con: DuckDBPyConnection, seed: Model) -> Model:
    columns = con.execute(
        "select column_name, data_type from duckdb_columns() "
        "where database_name = 'release' and schema_name = ? and table_name = ? order by column_index",
        [seed.schema, seed.name],
    ).fetchall()
    return Model(**(asdict(seed) | {"columns": dict(columns)}))


def main() -> None:
    """Prepare the inputs of the limit's script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("folder", type=Path)
    chosen = parser.parse_args()
    paste(Home(chosen.home), chosen.folder)


if __name__ == "__main__":
    main()
