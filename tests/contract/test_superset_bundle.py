"""The Superset dashboard reads columns that exist, and its files refer to each other. `make stress` imports it into Superset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.conftest import ROOT
from tests.support.scorecard_release import planted, write_public_file
from tests.support.superset_datasets import DATASETS, dataset

BUNDLE = ROOT / "docs" / "connect" / "superset" / "scorecard"


def read(folder: str) -> list[dict[str, Any]]:
    return [
        yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) for path in sorted((BUNDLE / folder).rglob("*.yaml"))
    ]


@pytest.fixture(scope="module")
def public_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_public_file(tmp_path_factory.mktemp("planted") / "public.duckdb", planted())


def metrics_of(chart: dict[str, Any]) -> set[str]:
    """The metrics of its dataset that a chart names."""
    params = chart["params"]
    return {metric for metric in (*params.get("metrics", []), params.get("metric")) if isinstance(metric, str)}


def columns_of(chart: dict[str, Any]) -> Iterator[str]:
    """Columns that a chart reads, apart from those inside SQL expressions."""
    params = chart["params"]
    yield from (where["subject"] for where in params["adhoc_filters"])
    yield from (*params.get("all_columns", []), *params.get("groupby", []))
    yield from [params["x_axis"]] if "x_axis" in params else []
    for metric in (*params.get("metrics", []), params.get("timeseries_limit_metric")):
        if isinstance(metric, dict) and metric["expressionType"] == "SIMPLE":
            yield metric["column"]["column_name"]


def test_datasets_have_the_columns_of_the_public_file(public_file: Path) -> None:
    with duckdb.connect(str(public_file), read_only=True) as connection:
        for dataset in read("datasets"):
            relation = connection.sql(dataset["sql"] or f"select * from published.{dataset['table_name']}")
            assert relation.columns == [column["column_name"] for column in dataset["columns"]], dataset["table_name"]


def test_columns_and_metrics_have_the_descriptions_of_the_public_file() -> None:
    stale = [path.name for path in sorted(DATASETS.glob("*.yaml")) if path.read_text(encoding="utf-8") != dataset(path)]
    assert not stale, "`python -m tests.support.superset_datasets` writes them"
    for one in read("datasets"):
        described = {column["column_name"] for column in one["columns"] if column.get("description")}
        assert len(described) >= len(one["columns"]) - 3, one["table_name"]  # but for columns of its own SQL


def test_a_metric_of_several_rows_is_empty_and_of_one_row_its_figure(tmp_path: Path) -> None:
    tables = planted()
    for figure in tables["scorecard"]:
        if figure["race_ethnicity_code"] == "black":
            figure.update({"gap": 1.5, "rate_ratio": 2.5})
    file = write_public_file(tmp_path / "public.duckdb", tables)
    [scorecard] = [one for one in read("datasets") if one["table_name"] == "scorecard"]
    names = ("shown_value", "shown_gap", "shown_ratio")
    asked = ", ".join(metric["expression"] for name in names for metric in scorecard["metrics"] if metric["metric_name"] == name)
    of = "from published.scorecard where measure_id = 'own' and is_featured"
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.sql(f"select {asked} {of} and race_ethnicity_code = 'black'").fetchall() == [(20.5, 1.5, 2.5)]
        assert connection.sql(f"select {asked} {of}").fetchall() == [(None, None, None)]


def test_charts_name_metrics_of_their_dataset() -> None:
    known = {one["uuid"]: {metric["metric_name"] for metric in one["metrics"]} for one in read("datasets")}
    unknown = {chart["slice_name"]: metrics_of(chart) - known[chart["dataset_uuid"]] for chart in read("charts")}
    assert {name: metrics for name, metrics in unknown.items() if metrics} == {}


def test_charts_read_columns_of_their_dataset() -> None:
    datasets = {dataset["uuid"]: {column["column_name"] for column in dataset["columns"]} for dataset in read("datasets")}
    unknown = {chart["slice_name"]: set(columns_of(chart)) - datasets[chart["dataset_uuid"]] for chart in read("charts")}
    assert {name: columns for name, columns in unknown.items() if columns} == {}


def test_the_dashboard_shows_every_chart_and_opens_with_a_measure_that_exists(public_file: Path) -> None:
    [dashboard] = read("dashboards")
    items = [item["meta"] for item in dashboard["position"].values() if isinstance(item, dict) and item["type"] == "CHART"]
    assert sorted((item["uuid"], item["sliceName"]) for item in items) == sorted(
        (chart["uuid"], chart["slice_name"]) for chart in read("charts")
    )
    [chosen] = dashboard["metadata"]["native_filter_configuration"]
    assert {target["datasetUuid"] for target in chosen["targets"]} <= {dataset["uuid"] for dataset in read("datasets")}
    registry = (ROOT / "dbt_project" / "seeds" / "reference" / "measure_registry.csv").read_text(encoding="utf-8")
    assert f",{chosen['defaultDataMask']['filterState']['value'][0]}," in registry


def test_the_database_is_opened_read_only() -> None:
    [database] = read("databases")
    assert database["extra"]["engine_params"]["connect_args"] == {"read_only": True}
    assert not any(database[key] for key in ("allow_ctas", "allow_cvas", "allow_dml", "allow_file_upload"))
