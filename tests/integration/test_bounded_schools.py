"""Bounds over starred schools: the attack reads them as equations, and refuses those that reveal more than the given cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from expectations.disclosure.disclosure_gate import gate_disclosure
from expectations.disclosure.inputs.audit_inputs import CellKey, Row
from tests.integration.test_disclosure_gate import SEEDS, SHOWN, WAITING, truth, write
from tests.unit.expectations.disclosure.world import CITY, measure
from warehouse.connection import attach, database_path, scratch

ABSENT = replace(measure("proportion", "absent"), threshold=0)
# School → (absent, students); None: starred. Five are hidden, of 20 students each.
Cells = dict[str, tuple[int, int] | None]
SCHOOLS: Cells = {"A": (300, 600), "B": (200, 500), "C": None, "D": None, "E": None, "F": None, "G": None}
SIZE = 1200.0


def _where(geography_type: str, geoid: str) -> CellKey:
    day = dt.date(2024, 7, 1)
    return CellKey("school_year", day, geography_type, "current", geoid, "spd15_1997", "black", "exclusive", "all", "all")


def _rows(schools: Cells, district: dict[str, float]) -> list[Row]:
    rows = []
    for name, cell in schools.items():
        at = _where("school", f"CITY DISTRICT/{name}")
        figures, words, status = {}, {"value_status": "suppressed_at_source"}, "suppressed"
        if cell is not None:
            figures = {"numerator": float(cell[0]), "denominator": float(cell[1]), "value": 100 * cell[0] / cell[1]}
            words, status = {"value_status": "computed"}, "published"
        rows.append(Row(ABSENT, at, "aggregate", CITY, status, figures, words))
    words, status = {"value_status": "computed"}, "published"
    if "bound_low" in district:
        words, status = {"value_status": "bounded", "bound_source": "suppressed_at_source"}, "bounded"
    return [*rows, Row(ABSENT, _where("school_district", "CITY DISTRICT"), "aggregate", CITY, status, district, words)]


def _bounds(figure: float, hidden: float, size: float) -> dict[str, float]:
    return {"bound_low": 100 * figure / size, "bound_high": 100 * (figure + hidden) / size}


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    with scratch(tmp_path) as connection:
        attach(connection, tmp_path / "release.duckdb", "release")
        attach(connection, tmp_path / "public.duckdb", "public")
        connection.execute(SHOWN.replace("{seeds}", str(SEEDS)).replace("{city}", CITY))
        connection.execute(
            """
            insert into release.marts.dim_source
            values ('dpi__absenteeism', 'aggregate', 'public', 0, 'show', 'unless_published');
            insert into release.marts.dim_measure values
                ('absent', 1, 'proportion', 'percent', 20, 'aggregate', 'dpi__absenteeism', null, null);
            """
        )
        write(connection, "release.marts.fct_equity_measures", _rows(SCHOOLS, {}))
        write(connection, "disclosure.reported", truth(), *WAITING)
        connection.execute("delete from disclosure.reported")
        yield connection


def _refused(connection: DuckDBPyConnection, rows: list[Row]) -> str:
    write(connection, "public.published.equity_measures", rows)
    failed = [one for one in gate_disclosure(database_path(connection), ledger=None).findings if not one.success]
    assert {finding.expectation for finding in failed} <= {"shown_functions"}
    return " ".join(finding.message for finding in failed)


@pytest.mark.parametrize("size", [{}, {"denominator": SIZE}], ids=["size hidden", "size given"])
def test_bounds_of_the_given_cells_pass(warehouse: DuckDBPyConnection, size: dict[str, float]) -> None:
    assert _refused(warehouse, _rows(SCHOOLS, _bounds(500, 100, SIZE) | size)) == ""
    none_given = SCHOOLS | {"A": (0, 600), "B": (0, 500)}
    assert _refused(warehouse, _rows(none_given, _bounds(0, 100, SIZE) | size)) == ""


WRONG: dict[str, tuple[Cells, dict[str, float], str]] = {
    # 42 of the hidden hundred are known to be absent
    "narrowed": (SCHOOLS, _bounds(542, 58, SIZE) | {"denominator": SIZE}, "do not follow from the given cells"),
    "narrowed without a size": (SCHOOLS, _bounds(542, 58, SIZE), "do not follow from the given cells"),
    "two hidden": ({name: SCHOOLS[name] for name in "ABCD"}, _bounds(500, 40, 1140), "over few hidden cells"),
    "wide": (SCHOOLS, _bounds(500, 300, 1400) | {"denominator": 1400.0}, "wider than may be"),
    "few persons": (SCHOOLS, _bounds(500, 6, 1106) | {"denominator": 1106.0}, "too few persons"),
    "a sum": (SCHOOLS, {"numerator": 503.0, "denominator": SIZE, "value": 100 * 503 / SIZE}, "a sum over a hidden cell"),
}


@pytest.mark.parametrize("name", WRONG)
def test_rows_that_reveal_hidden_cells_are_forbidden(warehouse: DuckDBPyConnection, name: str) -> None:
    schools, figures, message = WRONG[name]
    assert message in _refused(warehouse, _rows(schools, figures))


def test_a_district_without_a_hidden_school_is_summed(warehouse: DuckDBPyConnection) -> None:
    delivered = {name: cell for name, cell in SCHOOLS.items() if cell is not None}
    assert _refused(warehouse, _rows(delivered, {"numerator": 500.0, "denominator": 1100.0, "value": 100 * 500 / 1100})) == ""


def test_a_sum_of_the_given_cells_alone_reveals_no_hidden_cell(warehouse: DuckDBPyConnection) -> None:
    """A table that is published in part: its figure holds for the schools that are shown."""
    figures = {"numerator": 500.0, "denominator": 1100.0, "value": 100 * 500 / 1100}
    assert _refused(warehouse, _rows(SCHOOLS, figures)) == ""
    # the state gives a cell of few students, whose percentage stays unpublished
    of_few = {"numerator": 503.0, "denominator": 1109.0, "value": 100 * 503 / 1109}
    rows = _rows(SCHOOLS | {"H": (3, 9)}, of_few)
    write(warehouse, "release.marts.fct_equity_measures", rows)
    without = [row._replace(figures={}) if row.where.geoid.endswith("/H") else row for row in rows]
    assert _refused(warehouse, without) == ""
    assert "a sum over a hidden cell" in _refused(warehouse, _rows(SCHOOLS, figures | {"denominator": SIZE}))


@pytest.mark.parametrize(("hidden", "refused"), [(0, False), (2, True), (3, False)])
def test_bounds_of_a_ratio_need_three_hidden_cells_of_all_others(
    warehouse: DuckDBPyConnection, hidden: int, refused: bool
) -> None:
    others = {
        name: cell if cell is not None or number < 2 + hidden else (5, 20) for number, (name, cell) in enumerate(SCHOOLS.items())
    }
    rows = [row._replace(where=row.where._replace(race="white")) for row in _rows(others, {})[:-1]]
    ratio = {"rate_ratio_bound_low": 0.9, "rate_ratio_bound_high": 1.1}
    found = _refused(warehouse, [*_rows(SCHOOLS, _bounds(500, 100, SIZE) | ratio), *rows])
    assert ("a ratio over few hidden cells" in found) == refused
    assert bool(found) == refused
