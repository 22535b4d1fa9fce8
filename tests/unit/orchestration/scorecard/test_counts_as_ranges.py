"""A count that its publisher gives as a range is shown with it: on the page, and in the downloads of each language."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from orchestration.scorecard import write_site
from tests.support.scorecard_pages import words
from tests.support.scorecard_release import measure, planted, row, write_public_file

RANGE = {"numerator": 98.0, "numerator_low": 95.0, "numerator_high": 101.0, "denominator": 1627.0}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, tables = tmp_path_factory.mktemp("ranges"), planted()
    parts = [
        row("homeless", "all", 100.0, numerator=1627.0, denominator=1627.0),
        row("homeless", "black", 6.023, **RANGE, ci_low=None, ci_high=None),
        row("homeless", "white", 53.042, numerator=863.0, denominator=1627.0, ci_low=None, ci_high=None),
    ]
    tables["measures"].append(measure("homeless", kind="composition"))
    tables["scorecard"] += parts
    return write_site(write_public_file(folder / "public.duckdb", tables), folder / "site", ["en", "es", "hmn"]).index.parent


@pytest.mark.parametrize(
    ("language", "counted"),
    [("en", "98 (95 to 101) of 1,627"), ("es", "98 (95 a 101) de 1,627"), ("hmn", "98 (95 txog 101) ntawm 1,627")],
)
def test_the_page_shows_the_range_of_a_count_and_no_range_of_another(site: Path, language: str, counted: str) -> None:
    said = words(site / language / "measures" / "homeless.html")
    assert counted in said and "(863" not in said and "863 (" not in said


def test_the_downloads_have_the_range(site: Path) -> None:
    with (site / "downloads" / "homeless.csv").open(encoding="utf-8", newline="") as file:
        rows = {one["race_ethnicity_code"]: (one["numerator_low"], one["numerator_high"]) for one in csv.DictReader(file)}
    assert (rows["black"], rows["white"]) == (("95.0", "101.0"), ("", ""))
    with (site / "downloads" / "es" / "homeless.csv").open(encoding="utf-8-sig", newline="") as file:
        found = next(one for one in csv.DictReader(file, delimiter=";") if one["race_ethnicity_code"] == "black")
    assert (found["Contado, como mínimo"], found["Contado, como máximo"]) == ("95,0", "101,0")
