"""Expectations in the contracts of other publishers find figures that cannot be right, and nothing in figures that can."""

from __future__ import annotations

import duckdb
import pytest

from ingest.contract.registry import load_registry

Row = dict[str, object]
PLACE: Row = {"_source_file": "a.csv", "year": 2023, "state_code": "55", "place_code": "53000", "county_code": "079"}
SHARES = {
    "urban__employment": "share_employed", "urban__hs_diploma": "share_hs_degree", "urban__preschool": "share_in_preschool",
    "urban__student_homelessness": "count_homeless", "urban__low_birth_weight": "rate_low_birth_weight",
}  # fmt: skip
INCOMES = ("pctl_income_20", "pctl_income_50", "pctl_income_80")
BOUNDED = [*SHARES.items(), *(("urban__household_income", income) for income in INCOMES)]
LABELLED = [contract.source for contract in load_registry() if contract.source.startswith("urban__")]


def found(source: str, expectation: str, rows: list[Row]) -> int:
    """How many rows the SQL of an expectation finds among the rows of a batch."""
    (wanted,) = [one for one in load_registry()[source].expectations if one.name == expectation]
    assert wanted.severity == "critical"
    with duckdb.connect() as con:
        con.execute(f"create table batch ({', '.join(f'{name} {_type(value)}' for name, value in rows[0].items())})")
        con.executemany(f"insert into batch values ({', '.join('?' * len(rows[0]))})", [list(row.values()) for row in rows])
        return len(con.execute(str(wanted.kwargs["unexpected_rows_query"]).replace("{batch}", "batch")).fetchall())


def _type(value: object) -> str:
    return {int: "integer", float: "double"}.get(type(value), "varchar")


@pytest.mark.parametrize(("source", "column"), BOUNDED)
@pytest.mark.parametrize(("low", "high", "outside"), [(0.9, 1.1, 0), (1.1, 1.2, 1), (0.8, 0.9, 1), (1.0, 1.0, 0)])
def test_a_value_is_inside_its_own_bounds(source: str, column: str, low: float, high: float, outside: int) -> None:
    figures = SHARES.values() if source != "urban__household_income" else INCOMES
    good: Row = {f"{name}{part}": 1.0 for name in figures for part in ("", "_lb", "_ub")}
    row = PLACE | {"subgroup": "Hispanic"} | good | {f"{column}_lb": low, f"{column}_ub": high}
    assert found(source, "value_inside_bounds", [row]) == outside


@pytest.mark.parametrize(("value", "outside"), [(75.0, 0), (80.0, 1), (70.0, 1)])
@pytest.mark.parametrize("column", ["v147_rawvalue", "v147_race_black"])
def test_a_value_of_county_health_is_inside_its_interval(column: str, value: float, outside: int) -> None:
    limits = {"_cilow": 74.0, "_cihigh": 76.0}
    county: Row = {"measure": "v147", "release": "2026", "period_end": "2023-12-31", "state_code": "55", "county_code": "079"}
    rows = [county | {"column_name": column, "value": value}]
    rows += [county | {"column_name": column.removesuffix("_rawvalue") + part, "value": limit} for part, limit in limits.items()]
    rows += [
        county | {"column_name": "v147_race_white", "value": 99.0},
        county | {"column_name": "v147_race_white_cihigh", "value": 99.5},
    ]
    assert found("chr__county_health", "value_inside_bounds", rows) == outside


@pytest.mark.parametrize("source", LABELLED)
@pytest.mark.parametrize("group", ["White", "Black"])
def test_a_group_has_one_label_per_file_and_year(source: str, group: str) -> None:
    if source == "urban__debt_collections":  # has no group of people
        assert not load_registry()[source].column("subgroup").offered
        return
    first, renamed = PLACE | {"subgroup": group}, {"subgroup": f"{group}, Non-Hispanic"}
    assert found(source, "one_label_per_group", [first, first | renamed]) == 1
    separate = [first, first | renamed | {"year": 2022}, first | renamed | {"_source_file": "b.csv"}]
    assert found(source, "one_label_per_group", separate) == 0
