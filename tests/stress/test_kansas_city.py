"""Kansas City and the sample city run at the same time on one installation, each in its home and under its own name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ingest.city import read_layer_city
from ingest.layers import Layer, state_layer
from ingest.sample import write_sample
from tests.conftest import ROOT
from tests.support.kansas_city import LAYER, write_deliveries

COMMAND = str(Path(sys.executable).parent / "levelground")
OTHERS = ("milwaukee", "sampleton", "5553000", "9900001")
REAL = "LEVELGROUND_REAL_DELIVERIES"


def survey_of(folder: Path) -> Path:
    """The real survey where there is one, else the sample city's."""
    real = os.environ.get(REAL)
    return next(((Path(real) if real else folder) / "oei__resident_survey").glob("*.csv"))


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two homes, written by two processes at the same time."""
    root = tmp_path_factory.mktemp("cities")
    write_sample(root / "sampleton", rows=2_000, seed=23)
    write_deliveries(root / "kansas_city", survey_of(root / "sampleton"))
    runs = {
        name: subprocess.Popen(
            [COMMAND, "run", "--deliveries", str(root / name)],
            env=os.environ | {"LEVELGROUND_HOME": str(root / f"{name}_home")},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT,
        )
        for name in ("sampleton", "kansas_city")
    }  # fmt: skip
    outputs = {name: run.communicate()[0] for name, run in runs.items()}
    assert [run.returncode for run in runs.values()] == [0, 0], outputs
    return {name: root / f"{name}_home" for name in runs}


@pytest.fixture
def public(homes: dict[str, Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(homes["kansas_city"] / "published" / "levelground_public.duckdb"), read_only=True) as connection:
        yield connection


def test_it_is_released_under_its_own_name_with_its_own_places(public: duckdb.DuckDBPyConnection) -> None:
    city = public.execute("select geoid, name from published.geographies where scorecard_order = 1").fetchall()
    assert city == [("2938000", read_layer_city(Layer("kansas_city", LAYER)).title)]
    districts = public.execute(
        "select geoid from published.geographies where is_council_district and geography_type = 'council_district' "
        "and geometry_wkb is not null order by all"
    ).fetchall()
    assert districts == [(str(number),) for number in range(1, 7)]
    zips = public.execute("select count(*) from published.geographies where geography_type = 'zcta'").fetchall()
    assert zips == [(12,)]
    assert public.execute("select distinct vintage from published.street_districts").fetchall() == [("2023",)]


def test_children_are_counted_by_council_district_and_hidden_as_everywhere(public: duckdb.DuckDBPyConnection) -> None:
    shown = public.execute(
        "select geoid, publication_status, numerator, denominator from published.equity_measures "
        "where measure_id = 'children_elevated_lead_share' and geography_type = 'council_district' and period_type = 'year' "
        "and race_ethnicity_code = 'all' and period_start = date '2024-01-01' order by geoid"
    ).fetchall()
    assert [geoid for geoid, *_ in shown] == [str(number) for number in range(1, 7)]
    assert [denominator for _, status, _, denominator in shown if status == "published"]
    small = public.execute(
        "select count(*) from published.equity_measures where measure_id = 'children_elevated_lead_share' "
        "and publication_status = 'published' and numerator between 1 and 10"
    ).fetchall()
    assert small == [(0,)]


def test_the_survey_is_the_citys_own(public: duckdb.DuckDBPyConnection) -> None:
    rows = public.execute(
        "select bool_or(is_stand_in), count(*) from published.equity_measures where measure_id = 'survey_satisfied_share' "
        "and geoid = '2938000'"
    ).fetchone()
    assert rows is not None
    assert rows[0] is False
    assert rows[1] > 0


def test_facts_have_its_columns_next_to_those_of_every_city(homes: dict[str, Path]) -> None:
    with duckdb.connect(str(homes["kansas_city"] / "published" / "levelground.duckdb"), read_only=True) as analyst:
        facts = [name for (name,) in analyst.execute(
            "select table_name from duckdb_columns() where schema_name = 'marts' and column_name = 'geocode_quality'"
        ).fetchall()]  # fmt: skip
        assert "fct_lead_tests" in facts
        for fact in facts:
            columns = {name for name, *_ in analyst.execute(f"describe marts.{fact}").fetchall()}
            assert {
                "council_district_geoid",
                "council_district_vintage",
                "aldermanic_district_geoid",
                "tract_geoid",
            } <= columns, fact
        found = analyst.execute(
            "select council_district_vintage, count(distinct council_district_geoid), count(aldermanic_district_geoid), "
            "count(tract_geoid), min(geocode_quality) from marts.fct_lead_tests group by all"
        ).fetchall()
        assert found == [("2023", 6, 0, 0, "address")]
        missing = analyst.execute(
            "select count(*) from quality.geocode_misses where geography_type = 'council_district'"
        ).fetchall()
        assert missing > [(0,)]


def test_no_word_of_another_city_is_in_the_public_file_or_on_the_scorecard(homes: dict[str, Path]) -> None:
    published = homes["kansas_city"] / "published"
    found = []
    with duckdb.connect(str(published / "levelground_public.duckdb"), read_only=True) as public:
        for table, column in public.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'published' and data_type = 'VARCHAR'"
        ).fetchall():
            where = " or ".join(f"lower({column}) like '%{word}%'" for word in OTHERS)
            rows = public.execute(f"select distinct {column} from published.{table} where {where}").fetchall()
            found += [(table, column, value) for (value,) in rows]
    pages = [path for path in (published / "scorecard").rglob("*") if path.suffix in (".html", ".csv", ".json", ".js", ".svg")]
    assert pages
    found += [
        (str(path.relative_to(published)), word, "")
        for path in pages
        for word in OTHERS
        if word in path.read_text(encoding="utf-8").lower()
    ]
    assert not found


def test_tables_of_another_state_are_no_sources_of_this_city(homes: dict[str, Path]) -> None:
    """The facts of schools are tables of every release; which state fills them decides its layer."""
    of_wisconsin = {path.stem for path in state_layer("wisconsin").contracts}
    with duckdb.connect(str(homes["kansas_city"] / "published" / "levelground.duckdb"), read_only=True) as analyst:
        for fact in ("fct_student_outcomes", "fct_school_removals", "fct_school_assessments"):
            assert analyst.execute(f"select count(*) from marts.{fact}").fetchall() == [(0,)]
        named = [
            (schema, table)
            for schema, table in analyst.execute(
                "select schema_name, table_name from duckdb_columns() where column_name = 'source' and not internal "
                "and schema_name in ('marts', 'quality', 'analysis')"
            ).fetchall()
            for (source,) in analyst.execute(f"select distinct source from {schema}.{table}").fetchall()
            if source in of_wisconsin
        ]
    assert not named
    pages = [path for path in (homes["kansas_city"] / "published").rglob("*") if path.suffix in (".html", ".csv", ".json", ".js")]
    assert pages and not [path for path in pages if "dpi__" in path.read_text(encoding="utf-8")]
    environment = os.environ | {"LEVELGROUND_HOME": str(homes["kansas_city"])}
    subprocess.run([COMMAND, "docs"], env=environment, check=True, capture_output=True, cwd=ROOT)
    documented = {path.stem for path in (homes["kansas_city"] / "docs" / "sources").iterdir()}
    assert "oei__resident_survey" in documented and not of_wisconsin & documented
    with duckdb.connect(str(homes["sampleton"] / "published" / "levelground.duckdb"), read_only=True) as analyst:
        assert analyst.execute("select count(distinct source) from marts.fct_student_outcomes").fetchall() == [(3,)]


def test_the_other_city_keeps_its_own(homes: dict[str, Path]) -> None:
    with duckdb.connect(str(homes["sampleton"] / "published" / "levelground_public.duckdb"), read_only=True) as public:
        types = {kind for (kind,) in public.execute("select distinct geography_type from published.geographies").fetchall()}
    assert "aldermanic_district" in types
    assert "council_district" not in types
