"""The metrics of docs/connect/semantic-layer, queried with MetricFlow, are the measures where both compute the same figure."""

from __future__ import annotations

import csv
import math
import os
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.stress.environments import environment, run
from warehouse.connection import run_query
from warehouse.paths import Home

PAGE = ROOT / "docs" / "connect" / "semantic-layer.md"
PROJECT = PAGE.with_suffix("")
YEAR = "metric_time__year"
OF_CITY = "from marts.fct_equity_measures where period_type = 'year' and geography_type = 'city' and stratum_type = 'all'"
SHARE = "numerator / nullif(denominator, 0) as figure"
GROUPS = "race_ethnicity_code <> 'all' and denominator > 0 and method = 'individual' and tabulation = 'exclusive'"
# metric → its dimensions besides the year, the same figures of the measure in the metric's unit
COMPARED = {
    "stops_searched_share": (
        ("police_stop__group_name",),
        f"select year(period_start), group_name, {SHARE} {OF_CITY} and measure_id = 'stops_searched_share' and {GROUPS}",
    ),
    "stops": (
        (),
        f"select year(period_start), numerator as figure {OF_CITY} and measure_id = 'stops_by_race' "
        "and race_ethnicity_code = 'all'",
    ),
    "court_guilty_share": (
        (),
        f"select year(period_start), {SHARE} {OF_CITY} and measure_id = 'court_guilty_share' "
        "and race_ethnicity_code = 'all' and method = 'individual'",
    ),
    "children_elevated_lead_share": (
        ("lead_test__group_name", "lead_test__definition_version"),
        f"select year(period_start), group_name, measure_version, {SHARE} {OF_CITY} "
        f"and measure_id = 'children_elevated_lead_share' and {GROUPS}",
    ),
    "payments": ((), f"select year(period_start), numerator as figure {OF_CITY} and measure_id = 'payments'"),
}


@pytest.fixture(scope="module")
def metrics(first_release: tuple[Path, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The programs of the page, the built project, and the analyst file."""
    install = re.search(r"^uv pip install (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert install
    folder = tmp_path_factory.mktemp("metrics")
    programs = environment(folder / "environment", *shlex.split(install[1]))
    project = shutil.copytree(PROJECT, folder / "project")
    file = Home(first_release[0]).published_analyst.resolve()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEVELGROUND_ANALYST_FILE", str(file))
        patch.setenv("DBT_PROFILES_DIR", str(project))
        patch.setenv("DO_NOT_TRACK", "1")
        patch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
        run([programs / "dbt", "build"], project)
        for metric, (dimensions, _query) in COMPARED.items():
            groups = ",".join((YEAR, *dimensions))
            run([programs / "mf", "query", "--metrics", metric, "--group-by", groups, "--csv", f"{metric}.csv"], project)
    return programs, project, file


@pytest.mark.parametrize("metric", COMPARED)
def test_a_metric_is_the_measure_of_its_name(metrics: tuple[Path, Path, Path], metric: str) -> None:
    dimensions, query = COMPARED[metric]
    with (metrics[1] / f"{metric}.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row[YEAR] and row[metric]]
    found = {(row[YEAR][:4], *(row[name] for name in dimensions)): float(row[metric]) for row in rows}
    wanted = {
        tuple(map(str, key)): figure for *key, figure in (row.values() for row in run_query(metrics[2], query, 60).to_pylist())
    }
    assert len(wanted) >= 1
    assert found.keys() == wanted.keys()
    wrong = {key: (found[key], figure) for key, figure in wanted.items() if not math.isclose(found[key], figure, rel_tol=1e-9)}
    assert not wrong
