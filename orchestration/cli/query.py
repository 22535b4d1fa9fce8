"""Provide `levelground query`: read-only SQL on the current release, without access to other files or settings."""

from __future__ import annotations

import json as jsonlib
import sys
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import typer

from orchestration.cli.display import out, print_error, table
from orchestration.runs.record import EXIT_UNEXPECTED
from orchestration.settings import Settings
from warehouse.connection import QueryError, WarehouseError, run_query


class Format(StrEnum):
    """The output format of the result."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def query(
    sql: Annotated[str, typer.Argument(help="One SELECT.", show_default=False)],
    form: Annotated[Format, typer.Option("--format", help="How to write the result.")] = Format.TABLE,
    public: Annotated[bool, typer.Option("--public", help="Query the public file.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds until the query is stopped.")] = 60,
) -> None:
    """Query the current release."""
    home = Settings.from_environment().home
    path = home.published_public if public else home.published_analyst
    if not path.is_file():
        raise typer.Exit(
            print_error(f"nothing is published in {home.published} yet; `levelground run` makes a release", EXIT_UNEXPECTED)
        )
    try:
        result = run_query(path, sql, timeout)
    except (QueryError, WarehouseError) as error:
        raise typer.Exit(print_error(error, EXIT_UNEXPECTED)) from None
    _write(result, form)


def _write(result: pa.Table, form: Format) -> None:
    if form is Format.TABLE:
        numbers = [field.name for field in result.schema if pa.types.is_integer(field.type) or pa.types.is_floating(field.type)]
        rows = [[row[name] for name in result.column_names] for row in result.to_pylist()]
        out.print(table(None, result.column_names, rows, right=numbers))
    elif form is Format.JSON:
        print(jsonlib.dumps(result.to_pylist(), indent=1, default=_plain))
    elif form is Format.CSV:
        pyarrow.csv.write_csv(_flat(result), sys.stdout.buffer)
    else:
        pyarrow.parquet.write_table(result, sys.stdout.buffer)


def _plain(value: object) -> float | str:
    """Convert a decimal to a number and any other value to text."""
    return float(value) if isinstance(value, Decimal) else str(value)


def _flat(result: pa.Table) -> pa.Table:
    """Convert lists and structs to text, since CSV has neither."""
    columns = []
    for name in result.column_names:
        column = result.column(name)
        nested = pa.types.is_nested(column.type)
        columns.append(pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string()) if nested else column)
    return pa.table(dict(zip(result.column_names, columns, strict=True)))
