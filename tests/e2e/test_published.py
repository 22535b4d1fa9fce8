"""`published/` after a run: files that old clients open, and exports equal to the public file."""

from __future__ import annotations

import csv
import hashlib
import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet

from expectations.disclosure.classification import classification, on_hidden_rows
from warehouse.paths import RELEASE_FILES, Home
from warehouse.releases import verify


def test_published_files_are_in_the_storage_format_of_the_oldest_client(first_release: tuple[Path, dict[str, Any]]) -> None:
    home = Home(first_release[0])
    with duckdb.connect() as connection:
        for number, name in enumerate(RELEASE_FILES):
            connection.execute(f"attach '{home.published / name}' as file{number} (read_only)")
        tags = connection.execute("select tags from duckdb_databases() where database_name like 'file%'").fetchall()
    # a file records no format before v1.2.0; DuckDB 1.1 reads it
    assert tags == [({"storage_version": "v1.0.0+"},)] * 2


def test_exports_contain_and_describe_every_public_table(first_release: tuple[Path, dict[str, Any]]) -> None:
    home, release_id = Home(first_release[0]), first_release[1]["release_id"]
    with duckdb.connect(str(home.published_public), read_only=True) as connection:
        columns: dict[str, list[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'published' "
            "order by table_name, column_index"
        ).fetchall():
            columns.setdefault(table, []).append(column)
        rows = {table: connection.execute(f"select count(*) from published.{table}").fetchone() for table in columns}
    exports = home.published_exports
    files = {path.name: path.read_bytes() for path in exports.iterdir()}
    assert set(files) == {
        *(f"{table}.{kind}" for table in columns for kind in ("csv", "parquet")),
        *("data_dictionary.csv", "datapackage.json", "SHA256SUMS"),
    }
    for table, names in columns.items():
        exported = pyarrow.parquet.read_table(exports / f"{table}.parquet")
        assert (exported.column_names, (exported.num_rows,)) == (names, rows[table])
        with (exports / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            header, *records = csv.reader(file)
        assert header == [name for name in names if not name.endswith("_wkb")]
        assert (len(records),) == rows[table]
    assert b"geo" in pyarrow.parquet.read_metadata(exports / "geographies.parquet").metadata
    with (exports / "data_dictionary.csv").open(encoding="utf-8", newline="") as file:
        dictionary = list(csv.DictReader(file))
    assert [(row["table_name"], row["column_name"]) for row in dictionary] == [(t, name) for t in columns for name in columns[t]]
    assert all(row["description"] and row["table_description"] for row in dictionary)
    assert release_id in files["release.csv"].decode()
    sums = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files) if name != "SHA256SUMS")
    assert files["SHA256SUMS"].decode() == sums
    assert set(verify(home, release_id).exports) == set(files)


def test_no_zero_has_a_sign(first_release: tuple[Path, dict[str, Any]]) -> None:
    """Arithmetic makes -0.0 of a zero and a negative number: readers would see it, and equal files would differ."""
    home = Home(first_release[0])
    found = []
    for file in (home.published_analyst, home.published_public):
        with duckdb.connect(str(file), read_only=True) as connection:
            columns = connection.execute(
                "select schema_name, table_name, column_name from duckdb_columns() "
                "where not internal and data_type in ('DOUBLE', 'FLOAT') and schema_name not in ('analysis', 'figures', 'maps')"
            ).fetchall()
            assert columns
            for schema, table, column in columns:
                signed = f'select count(*) from "{schema}"."{table}" where "{column}" = 0 and signbit("{column}")'
                if (row := connection.execute(signed).fetchone()) and row[0]:
                    found.append((schema, table, column, row[0]))
    assert not found, f"end the model with without_negative_zeros: {found}"


def test_no_one_is_given_away_and_what_is_hidden_is_written_down(first_release: tuple[Path, dict[str, Any]]) -> None:
    home, release_id = Home(first_release[0]), first_release[1]["release_id"]
    with duckdb.connect(str(home.published_public), read_only=True) as connection:
        hidden = connection.execute(
            "select count(*), count(coalesce(numerator, value, ci_low, rate_ratio, known_race_pct, bound_low)) "
            "from published.equity_measures where publication_status = 'suppressed' and value_status <> 'suppressed_at_source'"
        ).fetchone()
        zeros = connection.execute(
            "select count(*) from published.equity_measures where numerator = 0 and publication_status <> 'suppressed'"
        ).fetchone()
        shares = connection.execute(
            "select count(*), count(figures.geocoded_pct) + count(if(measures.kind = 'median', figures.known_race_pct, null)) "
            "from published.equity_measures as figures inner join published.measures as measures "
            "on figures.measure_id = measures.measure_id and figures.measure_version = measures.measure_version "
            "where measures.statistical_unit = 'person'"
        ).fetchone()
    assert shares is not None
    assert shares[0] > 0
    assert shares[1] == 0
    assert hidden is not None
    assert zeros is not None
    assert hidden[0] > 0
    assert hidden[1] == 0
    assert zeros[0] > 0
    with duckdb.connect(str(home.published_analyst), read_only=True) as connection:
        observed = dict(
            connection.execute(
                "select expectation, observed::double from quality.gate_results "
                "where gate = 'disclosure' and subject = 'published.equity_measures'"
            ).fetchall()
        )
    assert observed["leaks"] == observed["shown_functions"] == observed["figures_agree"] == 0
    assert observed["cells_hidden_as_small"] > 0
    # few are lost: less than hiding places and periods with all their races
    assert observed["persons_hidden"] < observed["persons_hidden_by_whole_rows"]
    with duckdb.connect() as connection:
        states = connection.execute(f"select count(*), min(release_id) from read_parquet('{home.ledger}')").fetchone()
    assert states is not None
    assert states[0] > observed["planned_cells"]
    assert states[1] == release_id


def test_every_public_column_is_classified_and_empty_on_hidden_rows_unless_listed(
    first_release: tuple[Path, dict[str, Any]],
) -> None:
    hidden_rows = 0
    with duckdb.connect(str(Home(first_release[0]).published_public), read_only=True) as connection:
        tables: dict[str, list[str]] = {}
        listed = "select table_name, column_name from duckdb_columns() where schema_name = 'published' order by all"
        for table, column in connection.execute(listed).fetchall():
            tables.setdefault(table, []).append(column)
        for table, columns in tables.items():
            assert set(columns) <= set(classification()[table]), table
            if "publication_status" in columns:
                rows = f"(from published.{table} where publication_status = 'suppressed')"
                hidden_rows += connection.execute(f"select count(*) from {rows}").fetchone()[0]  # type: ignore[index]
                for column in set(columns) - on_hidden_rows()[table]:
                    shown = connection.execute(f'select count("{column}") from {rows}').fetchone()
                    assert shown == (0,), f"{table}.{column} shows {shown} values on hidden rows"
                if "status_reason" in columns:
                    reasons = connection.execute(f"select distinct status_reason from {rows}").fetchall()
                    assert set(reasons) <= {(None,), ("suppressed",), ("suppressed_at_source",)}, table
    assert hidden_rows > 1000


def test_no_public_file_holds_the_time_of_day_of_a_record(first_release: tuple[Path, dict[str, Any]]) -> None:
    """The sample city's newest record is a call at a quarter past: a second of the day could be that of one person's record."""
    home = Home(first_release[0])
    files = [home.current_json, *(path for path in home.published_exports.iterdir() if path.suffix in (".csv", ".json"))]
    assert len(files) > 10
    of_release = {"created_at", "created"}
    found = []
    for path in files:
        for line in path.read_text(encoding="utf-8").splitlines():
            times = set(re.findall(r"\d{4}-\d\d-\d\d[T ](\d\d:\d\d:\d\d)", line)) - {"00:00:00"}
            if times and path.stem != "release" and not any(f'"{name}"' in line for name in of_release):
                found.append((path.name, line[:120]))
    assert not found
    with duckdb.connect(str(home.published_public), read_only=True) as connection:
        times_of_day = connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'published' and data_type like 'TIME%'"
        ).fetchall()
        assert ("release", "data_as_of") in times_of_day and ("sources", "data_as_of") in times_of_day
        for table, column in times_of_day:
            if column != "created_at":
                wrong = f'select count(*) from published.{table} where "{column}" <> date_trunc(\'day\', "{column}")'
                assert connection.execute(wrong).fetchone() == (0,), (table, column)
