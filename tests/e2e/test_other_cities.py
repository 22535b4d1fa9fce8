"""The sample city names no real one. `make stress` releases cities of thirty seeds at three sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

REAL = "milwaukee|wisconsin|minneapolis|cincinnati|kansas city|west allis"


def test_the_sample_city_shows_no_real_one(first_release: tuple[Path, dict[str, Any]]) -> None:
    """Neither texts of measures nor any other text of a figure; the sample has the form of tables whose publishers are named."""
    of_contracts = {"published.sources", "marts.dim_source"}
    found = []
    for path in sorted((first_release[0] / "published").glob("*.duckdb")):
        with duckdb.connect(str(path), read_only=True) as con:
            columns = con.execute(
                "select concat_ws('.', schema_name, table_name), column_name from duckdb_columns() "
                "where data_type = 'VARCHAR' and schema_name in ('marts', 'published')"
            ).fetchall()
            for table, column in columns:
                if table not in of_contracts and column != "licence_attribution":
                    sql = f"""select distinct "{column}" from {table} where regexp_matches("{column}", '{REAL}', 'i')"""
                    found += [(table, column, *row) for row in con.execute(sql).fetchall()]
    assert not found
