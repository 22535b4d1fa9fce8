"""Apache Superset registers the published files, lists their tables, draws a measure, and shows the next release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Place
from tests.stress.superset import superset

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


def test_superset_charts_a_measure_and_goes_with_the_releases(place: Place, tmp_path: Path, record_property: Any) -> None:
    published = place.home / "published"
    with superset(tmp_path) as client:
        analyst = client.register("Levelground, analysts", published / "levelground.duckdb")
        public = client.register("Levelground, public", published / "levelground_public.duckdb")
        assert {"equity_measures", "geographies", "measures", "release", "sources"} <= set(client.tables(public, "published"))
        assert {"fct_equity_measures", "fct_police_stops", "dim_measure"} <= set(client.tables(analyst, "marts"))
        described = client.get(f"/api/v1/database/{public}/table_metadata/?name=measures&schema=published")
        assert all(column["comment"] for column in described["columns"])

        dataset = client.dataset(public, "published", "equity_measures")
        shown = {row["race_ethnicity_code"]: row["percent"] for row in client.data(dataset, MEASURE)}
        wanted = place.levelground.ask(
            f"select race_ethnicity_code, max(value) as percent from published.equity_measures where {ASKED} group by all",
            "--public",
        )
        assert shown == {row["race_ethnicity_code"]: row["percent"] for row in wanted}
        assert len(shown) >= 3
        chart = client.bar_chart("Stopped persons by race, percent", dataset, MEASURE)
        picture = Path.cwd() / ".pytest_cache" / "superset.png"
        picture.parent.mkdir(exist_ok=True)
        assert client.look(chart, picture) > 20_000  # of some 700,000: bars, and not axes alone
        record_property("picture", picture.relative_to(Path.cwd()))

        release = client.dataset(public, "published", "release")
        before = json.loads((published / "current.json").read_text())["release_id"]
        assert client.data(release, RELEASE) == [{"release_id": before}]
        last = place.file("fpc__police_stops").read_text().splitlines()[-1].replace("25-", "99-", 1)
        place.rewrite("fpc__police_stops", lambda text: f"{text}{last}\n")
        after = place.run("--source", "fpc__police_stops")["release_id"]
        assert after != before
        assert client.data(release, RELEASE) == [{"release_id": after}]  # without a restart
