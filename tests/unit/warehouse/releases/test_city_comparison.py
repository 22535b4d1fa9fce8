"""The table that compares cities has each city's own newest figures and gaps, and hides what a city hides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.united_cities import NEW, OLD, WITH_CARE, city_file, compared, figure, peer
from warehouse.releases import write_union


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The comparison of three cities, by city, measure and group."""
    folder = tmp_path_factory.mktemp("cities")
    files = {
        # 76.9 and 88.0: a gap of -11.1, with the range that the city publishes
        "ashton": city_file(
            folder / "a.duckdb", "5500001",
            figure("jobs", "black", 76.9, reference="white", word="lower", gap=(-11.1, -16.5, -5.6)),
            figure("jobs", "white", 88.0),
            figure("jobs", "black", 70.0, start=OLD, is_latest=False, reference="white"),
            figure("income", "black", 40_000.0, unit="usd", reference="white", word="lower", gap=(-40_000.0, -45_000.0, -35.0e3)),
            figure("income", "white", 80_000.0, unit="usd"),
            figure("calls", "black", 12.0, reference="white", word="not_compared", gap=(3.0, 1.0, 5.0)),
            figure("calls", "white", 9.0),
            figure("jobs", "black", 1.0, geoid="2700001", is_stand_in=True, reference="white", word="lower"),
            peer("jobs", "black", -11.1, (-16.0, -6.0), rank=(2, 4), is_rank_shown=True),
        ),
        "bedford": city_file(
            folder / "b.duckdb", "5500002",
            figure("jobs", "black", None, reference="white", status="hidden"), figure("jobs", "white", 90.0),
            figure("net", "black", 44.4, reference="white", word="no_range"), figure("net", "white", 80.9),
            # the city hides the group that is compared with: its gap would give the figure away
            figure("income", "black", 50_000.0, unit="usd", reference="white", word="not_compared"),
            figure("income", "white", None, unit="usd", status="hidden"),
        ),
        "carlow": city_file(
            folder / "c.duckdb", "5500003",
            figure("jobs", "black", 60.0, start=OLD, reference="white", word="lower", gap=(-5.0, -9.0, -1.0)),
            figure("jobs", "white", 65.0, start=OLD),
            figure("net", "black", 50.0, reference="rest", word="lower", gap=(-8.0, -12.0, -4.0)),
            figure("arrests", "black", 700.0, reference="white", word="lower", gap=(-90.0, -95.0, -85.0), **WITH_CARE),
            figure("arrests", "white", 790.0, **WITH_CARE | {"status_reason": None}),
            figure("arrests", "hispanic", 0.0, reference="white", word="not_compared", status="zero_unsure", **WITH_CARE),
        ),
    }  # fmt: skip
    write_union(files, folder / "all.duckdb")
    return compared(folder / "all.duckdb")


def test_a_gap_is_that_of_the_city_with_its_range(rows: dict[tuple[str, str, str], dict[str, Any]]) -> None:
    jobs = rows["ashton", "jobs", "black"]
    assert (jobs["place_geoid"], jobs["value"], jobs["reference_value"]) == ("5500001", 76.9, 88.0)
    assert (jobs["gap_kind"], jobs["gap"], jobs["gap_low"], jobs["gap_high"]) == ("difference", -11.1, -16.0, -6.0)
    assert (jobs["has_peers"], jobs["rank_low"], jobs["rank_high"], jobs["is_rank_shown"]) == (True, 2, 4, True)
    assert rows["carlow", "net", "black"]["gap"] == -8.0, "compared with everyone else, who have no row"
    income = rows["ashton", "income", "black"]
    assert (income["gap_kind"], income["gap"], income["gap_low"]) == ("ratio", 0.5, 0.45), "of money the published ratio"
    assert income["rank_low"] is None and not income["has_peers"]


def test_a_gap_that_the_city_does_not_give_is_not_computed_here(rows: dict[tuple[str, str, str], dict[str, Any]]) -> None:
    net = rows["bedford", "net", "black"]
    assert (net["value"], net["reference_value"], net["compared_with_reference"]) == (44.4, 80.9, "no_range")
    assert (net["gap"], net["gap_low"]) == (None, None)


def test_a_figure_keeps_its_caution_and_an_unsure_zero_is_no_figure(rows: dict[tuple[str, str, str], dict[str, Any]]) -> None:
    black, zero = rows["carlow", "arrests", "black"], rows["carlow", "arrests", "hispanic"]
    assert (black["gap"], black["caution"], black["reference_caution"]) == (-90.0, "publisher_quality", "other")
    assert (zero["value"], zero["caution"], zero["status_code"]) == (None, None, "zero_unsure")
    assert rows["ashton", "jobs", "black"]["caution"] is None


def test_what_a_city_hides_or_does_not_compare_has_no_gap(rows: dict[tuple[str, str, str], dict[str, Any]]) -> None:
    hidden = rows["bedford", "jobs", "black"]
    assert (hidden["value"], hidden["gap"], hidden["status_code"]) == (None, None, "hidden")
    assert rows["bedford", "income", "black"]["gap"] is None
    assert rows["bedford", "income", "black"]["reference_value"] is None
    assert rows["ashton", "calls", "black"]["gap"] is None


def test_figures_of_another_period_than_most_cities_have_are_marked(rows: dict[tuple[str, str, str], dict[str, Any]]) -> None:
    assert rows["carlow", "jobs", "black"]["is_of_common_period"] is False
    assert {rows[city, "jobs", "black"]["period_start"].isoformat() for city in ("ashton", "bedford")} == {NEW}
    assert rows["ashton", "jobs", "black"]["is_of_common_period"] is True


def test_files_without_these_tables_are_united_all_the_same(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "old.duckdb") as con:
        con.execute("create schema published; create table published.release as select 'r' as release_id, 'v' as code_version")
    write_union({"ashton": tmp_path / "old.duckdb"}, tmp_path / "all.duckdb")
