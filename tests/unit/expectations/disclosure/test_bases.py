"""The people that the attacker divides by: the bases that serve, read from seed and release alone."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from expectations.disclosure.equations.denominators import _schemes
from expectations.disclosure.inputs.audit_inputs import Relations
from expectations.disclosure.inputs.reader import AuditReader

SEED = """
    create schema r;
    create table r.population_bases (population varchar, valid_from date, valid_to date, if_delivered boolean,
        age_universe varchar, geography_type varchar, race_standard varchar, population_scheme varchar);
    insert into r.population_bases values
        ('of_year', '2015-01-01', '2029-12-31', null, null, null, 's', 'census'),
        ('of_year', '2021-01-01', '2021-12-31', true, null, 'city', 's', 'total_2021'),
        ('of_year', '2022-01-01', '2022-12-31', true, null, 'city', 's', 'total_2022'),
        ('of_year', '2023-01-01', '2023-12-31', true, null, 'city', 's', 'total_2023');
    create table r.fct_population as select unnest(['census', 'total_2021', 'total_2022']) as population_scheme;
"""


@pytest.mark.parametrize(
    ("place", "period", "schemes"),
    [
        ("city", ("year", 2020), ("census",)),  # before the first total
        ("city", ("year", 2021), ("total_2021",)),
        ("city", ("year", 2024), ("total_2022",)),  # 2023 is not delivered: the newest serves on
        ("city", ("3_year", 2020), ("census", "total_2021", "total_2022")),
        ("tract", ("year", 2022), ("census",)),
    ],
)
def test_totals_serve_where_they_are_delivered(place: str, period: tuple[str, int], schemes: tuple[str, ...]) -> None:
    measure: Any = SimpleNamespace(population="of_year", kind="rate", age_universe=None)
    at: Any = SimpleNamespace(
        period_type=period[0], period_start=dt.date(period[1], 1, 1), geography_type=place, race_standard="s"
    )
    with duckdb.connect(":memory:") as connection:
        connection.execute(SEED)
        reader = AuditReader(connection, Relations(reference="r", marts="r"))
        vars(reader)["confidential"] = {("m", 1): measure}
        bases = reader._bases()
    assert _schemes(bases, measure, at) == schemes
