"""National tables come from a folder or from their publishers; without either an error says where each comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from ingest.contract.registry import load_registry
from orchestration.codegen.cities.start_city import fetch_tables, national, tables_in
from orchestration.settings import ConfigurationError, Settings

CONTRACTS = load_registry()
GITHUB = "https://raw.githubusercontent.com"
EMPLOYMENT = (
    "/UI-Research/mobility-from-poverty/main/01_employment-opportunities/data/final/"
    "metrics_employment_place_race-ethnicity_longitudinal.csv"
)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.connectors.http_client.BACKOFF_SECONDS", 0.001)


@pytest.fixture
def publisher() -> Iterator[HTTPServer]:
    with HTTPServer(threaded=True) as server:
        yield server


def settings(publisher: HTTPServer) -> Settings:
    return Settings.from_environment({"LEVELGROUND_HOSTS": f"{GITHUB}={publisher.url_for('').rstrip('/')}"})


def test_the_tables_of_every_city_are_those_of_the_urban_institute_and_populations() -> None:
    names = [contract.source for contract in national(CONTRACTS)]
    assert names == ["census__place_populations", *sorted(name for name in CONTRACTS.names() if name.startswith("urban__"))]
    assert len(names) == 11


def test_only_national_tables_are_taken_from_a_folder(tmp_path: Path) -> None:
    for source, file in (("urban__employment", "rows.csv"), ("urban__preschool", ".keep"), ("dpi__act", "act.csv")):
        (tmp_path / source).mkdir()
        (tmp_path / source / file).write_text("year\n")
    assert tables_in(tmp_path, CONTRACTS) == {"urban__employment": tmp_path / "urban__employment"}


def test_what_is_fetched_is_kept_and_what_cannot_be_fetched_is_named(tmp_path: Path, publisher: HTTPServer) -> None:
    publisher.expect_oneshot_request(EMPLOYMENT).respond_with_data("year\n2023\n")
    folders, problems = fetch_tables(settings(publisher), tmp_path, CONTRACTS)
    assert list(folders) == ["urban__employment"]
    (file,) = folders["urban__employment"].iterdir()
    assert (file.name, file.read_text()) == (EMPLOYMENT.rpartition("/")[2], "year\n2023\n")
    assert len(problems) == 10
    # the second city fetches what is missing, and does not ask for this table again
    assert list(fetch_tables(settings(publisher), tmp_path, CONTRACTS)[0]) == ["urban__employment"]
    assert [path.name for path in tmp_path.iterdir()] == ["urban__employment"]


def test_without_a_publisher_the_error_says_where_each_table_comes_from(tmp_path: Path, publisher: HTTPServer) -> None:
    with pytest.raises(ConfigurationError) as refused:
        fetch_tables(settings(publisher), tmp_path, CONTRACTS)
    assert f"  urban__employment: {GITHUB}{EMPLOYMENT} (Urban Institute, Upward Mobility" in str(refused.value)
    assert str(refused.value).count(f"{GITHUB}/UI-Research/") == 11
    assert "--data FOLDER" in str(refused.value)
