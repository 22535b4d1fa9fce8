"""Apache Superset registers the published files, draws a measure, shows the next release, and imports our dashboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import Place
from tests.stress.superset import Superset, superset
from warehouse.connection import run_query

PICTURES = ROOT / ".pytest_cache"

MEASURE = {
    "columns": ["race_ethnicity_code"],
    "metrics": [{"expressionType": "SIMPLE", "column": {"column_name": "value"}, "aggregate": "MAX", "label": "percent"}],
    "filters": [
        {"col": column, "op": "==", "val": value}
        for column, value in (
            ("measure_id", "stops_by_race"),
            ("period_type", "quarter"),
            ("geography_type", "city"),
            ("stratum_type", "all"),
            ("publication_status", "published"),
        )
    ],
    "row_limit": 100,
}
ASKED = " and ".join(f"{f['col']} = '{f['val']}'" for f in MEASURE["filters"])
RELEASE = {"columns": ["release_id"], "metrics": [], "filters": [], "row_limit": 10}


# What each chart of the dashboard must show, of the measure that its filter opens with.
MEASURE_OF_DASHBOARD = "measure_id = 'children_share' and value is not null"
CHARTS = {
    "Questions with a figure": "select count(*) as count from published.measures where is_current and availability = 'shown'",
    "Questions without a figure, and why": """
        select availability_text, count(*) as count from published.measures
        where is_current and availability <> 'shown' group by all""",
    "Release": "select release_id, epoch_ms(data_as_of)::double as data_as_of from published.release",
    "By race and ethnicity": f"""
        select group_name, group_order::double as "Order", value as shown_value from published.scorecard
        where {MEASURE_OF_DASHBOARD} and is_featured""",
    "Over time, everyone": f"""
        select epoch_ms(period_end::timestamp)::double as period_end, value as shown_value from published.scorecard
        where {MEASURE_OF_DASHBOARD} and geography_type = 'city' and period_type = 'snapshot' and race_ethnicity_code = 'all'""",
    "By aldermanic district": f"""
        select place, coalesce(try_cast(geoid as double), 1000) as "Order", value as shown_value from published.scorecard
        where {MEASURE_OF_DASHBOARD} and geography_type = 'aldermanic_district' and race_ethnicity_code = 'all'
            and period_start = (select max(period_start) from published.scorecard where {MEASURE_OF_DASHBOARD})""",
    "Gaps to the group compared with": """
        select group_name, compared_with, gap_kind, value as shown_value, gap as shown_gap, gap_low as shown_gap_low,
            gap_high as shown_gap_high, rate_ratio as shown_ratio, rate_ratio_ci_low as shown_ratio_low,
            rate_ratio_ci_high as shown_ratio_high
        from published.scorecard where measure_id = 'children_share' and is_featured and gap is not null""",
    "The same figures with their ranges": """
        select group_name, value, ci_low, ci_high, unit_text, status_text, compared_with_reference_text, basis_text, period, place
        from published.scorecard where measure_id = 'children_share' and is_featured""",
    "Goals": """
        select
            title, goal_progress.baseline_value, value, expected_value, goals.target_value, 'Percent' as unit_text,
            epoch_ms(due_on::timestamp)::double as due_on, owner, coalesce(text, 'Hidden to protect people') as status_text
        from published.goals
        join published.goal_progress using (goal_id)
        left join published.texts on text_id = 'goal_status.' || status and language = 'en'
        where is_latest""",
    "Newest figures for everyone": """
        select measure, value, ci_low, ci_high, unit_text, place, period, trend_text
        from published.scorecard join published.measures using (measure_id, measure_version)
        where is_featured and race_ethnicity_code = 'all' and value is not null and not scorecard.is_stand_in
            and kind <> 'composition'""",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """One server for all tests."""
    PICTURES.mkdir(exist_ok=True)
    with superset(tmp_path_factory.mktemp("superset")) as running:
        yield running


def rows(found: list[dict[str, Any]]) -> list[list[tuple[str, str]]]:
    """Rows of JSON or SQL, comparable: in one order, numbers as floats."""
    return sorted(
        sorted((name, repr(float(value) if isinstance(value, int) else value)) for name, value in row.items()) for row in found
    )


def test_the_dashboard_of_the_page_shows_the_figures_of_the_public_file(
    client: Superset, place: Place, record_property: Any
) -> None:
    page = (ROOT / "docs" / "connect" / "superset.md").read_text(encoding="utf-8")
    [commands] = [block for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) if "import-dashboards" in block]
    client.run(commands.replace("/path/to/home", str(place.home)), ROOT)
    names = {chart["id"]: chart["slice_name"] for chart in client.get("/api/v1/dashboard/levelground-scorecard/charts")["result"]}
    assert sorted(names.values()) == sorted(CHARTS)
    picture = PICTURES / "superset-dashboard.png"
    rows_by_chart = client.dashboard("levelground-scorecard", len(CHARTS), picture)
    record_property("picture", picture.relative_to(ROOT))
    assert set(rows_by_chart) == set(names)
    for chart, name in names.items():
        wanted = run_query(place.home / "published" / "levelground_public.duckdb", CHARTS[name], 60).to_pylist()
        assert rows(rows_by_chart[chart]) == rows(wanted), name
        assert wanted, f"{name} is empty"
        record_property(f"rows of {name}", len(wanted))


def test_metrics_and_columns_have_names_and_descriptions_and_several_rows_give_no_figure(client: Superset, place: Place) -> None:
    """The datasets that the test above imported: a metric over several figures is empty, not their largest."""
    found = client.get("/api/v1/dataset/?q=(page_size:100)")["result"]
    [number] = [
        row["id"] for row in found if row["table_name"] == "scorecard" and "Levelground scorecard" in str(row["database"])
    ]
    about = client.get(f"/api/v1/dataset/{number}")["result"]
    assert all(column["description"] for column in about["columns"])
    described = {metric["metric_name"] for metric in about["metrics"] if metric["description"]}
    assert {"shown_value", "shown_gap", "shown_ratio"} <= described
    where = [{"col": "measure_id", "op": "==", "val": "children_share"}, {"col": "is_featured", "op": "IS TRUE"}]
    query = {"columns": [], "metrics": ["shown_value", "count"], "filters": where, "row_limit": 10}
    [together] = client.data(number, query)
    assert together["shown_value"] is None and together["count"] > 1


def test_superset_charts_a_measure_and_goes_with_the_releases(client: Superset, place: Place, record_property: Any) -> None:
    published = place.home / "published"
    analyst = client.register("Levelground, analysts", published / "levelground.duckdb")
    public = client.register("Levelground, public", published / "levelground_public.duckdb")
    assert {"equity_measures", "geographies", "measures", "release", "sources"} <= set(client.tables(public, "published"))
    assert {"fct_equity_measures", "fct_police_stops", "dim_measure"} <= set(client.tables(analyst, "marts"))
    described = client.get(f"/api/v1/database/{public}/table_metadata/?name=measures&schema=published")
    assert all(column["comment"] for column in described["columns"])

    dataset = client.dataset(public, "published", "equity_measures")
    charted = {row["race_ethnicity_code"]: row["percent"] for row in client.data(dataset, MEASURE)}
    wanted = place.levelground.ask(
        f"select race_ethnicity_code, max(value) as percent from published.equity_measures where {ASKED} group by all",
        public=True,
    )
    assert charted == {row["race_ethnicity_code"]: row["percent"] for row in wanted}
    assert len(charted) >= 3
    chart = client.bar_chart("Stopped persons by race, percent", dataset, MEASURE)
    picture = PICTURES / "superset.png"
    assert client.look(chart, picture) > 20_000  # of some 700,000: bars, and not axes alone
    record_property("picture", picture.relative_to(ROOT))

    release = client.dataset(public, "published", "release")
    before = json.loads((published / "current.json").read_text())["release_id"]
    assert client.data(release, RELEASE) == [{"release_id": before}]
    last = place.file("fpc__police_stops").read_text().splitlines()[-1].replace("25-", "99-", 1)
    place.rewrite("fpc__police_stops", lambda text: f"{text}{last}\n")
    after = place.run("--source", "fpc__police_stops")["release_id"]
    assert after != before
    assert client.data(release, RELEASE) == [{"release_id": after}]  # without a restart
