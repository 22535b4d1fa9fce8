"""The notebook of docs/connect: its cells run on a release, and draw the figures of the public file."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib import pyplot

from tests.conftest import ROOT
from warehouse.connection import run_query

NOTEBOOK = ROOT / "docs" / "connect" / "scorecard.ipynb"
WANTED = """
    select group_name, place, value, ci_low, ci_high, geography_type = 'aldermanic_district' as is_district
    from published.scorecard
    where
        (measure_id = 'employment_25_54_share' and is_featured and value is not null)
        or (
            measure_id = 'children_share' and is_latest
            and geography_type = 'aldermanic_district' and geoid <> 'outside' and race_ethnicity_code = 'all'
        )
    order by group_order desc
"""


def test_the_notebook_draws_a_chart_and_a_map(
    first_release: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = [
        "".join(cell["source"])
        for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]
    assert sum(len(ast.parse(cell).body) for cell in cells) <= 10
    public_file = first_release[0] / "published" / "levelground_public.duckdb"
    wanted = run_query(public_file, WANTED, 60).to_pylist()
    monkeypatch.chdir(first_release[0])
    mpl.use("Agg")
    names: dict[str, Any] = {}
    for cell in cells:
        exec(cell, names)
    groups = {row["group_name"]: row for row in wanted if not row["is_district"]}
    districts = [row["value"] for row in wanted if row["is_district"]]
    names["public"].close()
    names.clear()
    chart, map_figure = (pyplot.figure(number) for number in pyplot.get_fignums())
    pyplot.close("all")
    [axes] = chart.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == list(groups)
    assert [bar.get_width() for bar in axes.patches] == [row["value"] for row in groups.values()]
    [ranges] = axes.collections
    intervals = [(segment[0][0], segment[1][0]) for segment in ranges.get_segments()]
    assert intervals == [pytest.approx((row["ci_low"], row["ci_high"])) for row in groups.values()]
    [shapes] = map_figure.axes[0].collections
    assert len(districts) == 15
    assert sorted(shapes.get_array()) == sorted(districts)
