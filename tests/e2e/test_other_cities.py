"""The sample city names no real one. `make stress` releases cities of thirty seeds at three sizes."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb

from orchestration.settings import DBT_PROJECT

REAL = "milwaukee|wisconsin|minneapolis|cincinnati|kansas city|west allis"


def test_the_sample_city_shows_no_real_one(first_release: tuple[Path, dict[str, Any]]) -> None:
    """Neither texts of measures nor any other text of a figure. The texts of contracts are still those of one office,
    and the sample has the form of tables whose publishers are named."""
    of_contracts = {"published.sources", "published.data_issues", "marts.dim_source", "marts.dim_department"}
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
    assert not [text for *_, text in found if text not in _names_of_departments()]


def _names_of_departments() -> set[str]:
    """The departments of one office, in each language; labels and texts contain them as contracts do."""
    seeds = (DBT_PROJECT / "seeds" / "reference").glob("texts_*.csv")
    rows = [row for seed in seeds for row in csv.DictReader(seed.open(encoding="utf-8"))]
    names = {row["text"] for row in rows if row["text_id"].startswith("department.")}
    departments = DBT_PROJECT / "seeds" / "reference" / "departments.csv"
    return names | {name for row in csv.DictReader(departments.open(encoding="utf-8")) for name in row.values()}
