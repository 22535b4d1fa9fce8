"""A deliveries folder names its city; without a name it is the default one."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from ingest.city import AUDIENCES, City, city_registry, read_city
from ingest.contract.registry import CITY_KEYS, CITY_KEYS_OF_AGREEMENT, ContractError, load_registry
from ingest.layers import LayerError


def city(folder: Path, text: str) -> City:
    (folder / "city.yml").write_text(text)
    return read_city(folder, None if "city:" in text else "milwaukee")


def test_live_systems_are_those_of_milwaukee(tmp_path: Path) -> None:
    found = read_city(None)
    assert found == read_city(tmp_path, "milwaukee") == read_city(None, "milwaukee")
    assert (found.city, found.place_geoid, found.time_zone, found.as_of, dict(found.sources)) == (
        "milwaukee",
        "5553000",
        "America/Chicago",
        None,
        {},
    )


def test_a_folder_that_names_no_city_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LayerError, match=r"has no city\.yml that names its city"):
        read_city(tmp_path)
    (tmp_path / "city.yml").write_text("as_of: 2025-12-01T06:00:00\n")
    with pytest.raises(LayerError, match=r"has no city\.yml that names its city"):
        read_city(tmp_path)


def test_a_file_with_only_a_date_is_of_the_chosen_city(tmp_path: Path) -> None:
    found = city(tmp_path, "as_of: 2025-12-01T06:00:00\n")
    assert (found.city, found.title, found.as_of) == ("milwaukee", "Milwaukee", dt.datetime(2025, 12, 1, 6))


def test_another_city_is_called_by_its_own_name(tmp_path: Path) -> None:
    found = city(tmp_path, 'city: new_ulm\nplace_geoid: "2746042"\ntime_zone: America/New_York\n')
    assert (found.city, found.title, found.place_geoid, found.time_zone) == ("new_ulm", "New Ulm", "2746042", "America/New_York")
    assert city(tmp_path, "city: new_ulm\ntitle: Ulm\n").title == "Ulm"
    assert found.undecided == ()


def test_nothing_of_milwaukee_fills_what_another_city_leaves_out(tmp_path: Path) -> None:
    found = city(tmp_path, "city: new_ulm\n")
    assert (found.place_geoid, found.time_zone, found.layers) == ("0000000", "UTC", ())
    assert found.undecided == ("place_geoid", "time_zone")


@pytest.mark.parametrize(
    "text",
    [
        "sources:\n  ucc__service_requests: {as_of: 2025-12-01}\n",
        "ucc__service_requests: {as_of: 2025-12-01}\n",
        "sources:\nucc__service_requests: {as_of: 2025-12-01}\n",
    ],
)
def test_facts_of_a_source_are_read(tmp_path: Path, text: str) -> None:
    assert city(tmp_path, text).sources == {"ucc__service_requests": {"as_of": dt.date(2025, 12, 1)}}


def test_sources_in_both_places_are_put_together(tmp_path: Path) -> None:
    found = city(tmp_path, "sources:\n  a__b: {jurisdiction: '55'}\nc__d: {jurisdiction: '27'}\n")
    assert found.sources == {"a__b": {"jurisdiction": "55"}, "c__d": {"jurisdiction": "27"}}


@pytest.mark.parametrize(
    ("as_of", "local"),
    [
        ("2025-12-01", dt.datetime(2025, 12, 1)),
        ("2025-12-01T06:30:00", dt.datetime(2025, 12, 1, 6, 30)),
        ("2025-12-01T06:30:00Z", dt.datetime(2025, 12, 1, 0, 30)),
        ("2025-07-01T06:30:00+02:00", dt.datetime(2025, 6, 30, 23, 30)),
    ],
)
def test_its_as_of_time_is_on_its_own_clock(tmp_path: Path, as_of: str, local: dt.datetime) -> None:
    assert city(tmp_path, f"as_of: {as_of}\n").local_as_of() == local


def test_without_an_as_of_time_there_is_none() -> None:
    assert read_city(None).local_as_of() is None
    assert read_city(None).local_now().tzinfo is None


@pytest.mark.parametrize(
    ("text", "line", "field", "message"),
    [
        ("city: milwaukee\npopulation: 577222\n", 2, "population", "no such key"),
        ("city: Milwaukee\n", 1, "city", "is not a plain lower-case name"),
        ("city: milwaukee\ntime_zone: America/Milwaukee\n", 2, "time_zone", "is no time zone; write it like America/Chicago"),
        ("city: milwaukee\nplace_geoid: 5553000\n", 2, "place_geoid", "put it in quotes"),
        ("as_of: soon\n", 1, "as_of", "valid datetime"),
        ("city: a\ncity: b\n", 2, "(file)", "the key 'city' is repeated here; keep one"),
        ("- milwaukee\n", 1, "(file)", "a city.yml is a mapping of keys"),
        ("", 1, "(file)", "a city.yml is a mapping of keys"),
        ("city: milwaukee\nsources: [ucc__service_requests]\n", 2, "sources", "keys and their values belong here"),
        ("sources:\n  ucc__service_requests: 5\n", 2, "sources.ucc__service_requests", "keys and their values belong here"),
        ("city: [\n", 2, "(file)", "expected the node content"),
    ],
)
def test_what_is_wrong_is_reported_with_file_line_and_field(
    tmp_path: Path, text: str, line: int, field: str, message: str
) -> None:
    with pytest.raises(ContractError) as refused:
        city(tmp_path, text)
    (problem,) = refused.value.problems
    assert (problem.file, problem.line, problem.field) == (tmp_path / "city.yml", line, field)
    assert message in problem.message


def test_another_encoding_is_reported(tmp_path: Path) -> None:
    (tmp_path / "city.yml").write_bytes("title: Ménomonee\n".encode("latin-1"))
    with pytest.raises(ContractError, match=r"city\.yml:1: \(file\): not UTF-8"):
        read_city(tmp_path)


def test_the_page_documents_every_key() -> None:
    page = (Path(__file__).parents[3] / "docs" / "city.md").read_text(encoding="utf-8")
    keys = {*City.model_fields, *CITY_KEYS, *CITY_KEYS_OF_AGREEMENT}
    assert not {key for key in keys - {"layers"} if f"`{key}`" not in page}


def test_the_example_of_the_page_is_a_city(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "city.md").read_text(encoding="utf-8")
    found = city(tmp_path, page.split("```yaml\n")[1].split("```")[0])
    assert (found.title, found.place_geoid, found.local_as_of()) == ("Kansas City", "2938000", dt.datetime(2025, 12, 1))
    changed = load_registry().for_city(found.sources, tmp_path / "city.yml")["oei__resident_survey"]
    assert (changed.as_of, changed.freshness and changed.freshness.stale_after_hours) == (dt.date(2024, 6, 30), 10000)


def test_a_city_gives_audiences_groups_and_keys_and_adds_others(tmp_path: Path) -> None:
    found = city(tmp_path, "audiences:\n  health: {group: lg-health, key_env: HEALTH_KEY}\n  courts:\n")
    assert list(found.all_audiences) == [*AUDIENCES, "courts"]
    assert found.audience("health").group == "lg-health"
    assert found.audience("courts").group is None
    changed = found.model_copy(update={"sources": {"mmc__court_cases": {"audience": "courts"}}})
    assert city_registry(changed)["mmc__court_cases"].readers == "courts"


def test_an_audience_that_the_city_does_not_have_is_refused(tmp_path: Path) -> None:
    found = city(tmp_path, "sources:\n  mmc__court_cases: {audience: helth}\n")
    with pytest.raises(
        ContractError, match=r"mmc__court_cases: audience: 'helth' is no audience of this city\. Did you mean health"
    ):
        city_registry(found)


def test_records_are_no_figures_and_the_analyst_file_has_no_key(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="each row is a record, and the file of figures contains none"):
        city_registry(city(tmp_path, "sources:\n  mmc__court_cases: {audience: figures}\n"))
    with pytest.raises(ContractError, match="team reads the analyst file"):
        city(tmp_path, "audiences:\n  team: {key_env: TEAM_KEY}\n")


def test_the_site_of_a_city_has_an_office_and_members_of_the_council(tmp_path: Path) -> None:
    site = city(tmp_path, "site:\n  email: a@b.example\n  council: {15: {member: Ada Example}}\n").site
    assert (site.email, site.address, dict(site.council)["15"].member) == ("a@b.example", None, "Ada Example")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("email: mayor", r"city\.yml:2: site\.email: 'mayor' is not an e-mail address"),
        ("address: city.example", r"'city\.example' is not an address like https://city\.example/scorecard"),
        ("adress: https://city.example", r"city\.yml:2: site\.adress"),
        ("council: {1: {phone: 414 555 0100}}", r"site\.council\.1\.member"),
    ],
)
def test_a_wrong_setting_of_the_site_is_refused_with_its_line(tmp_path: Path, setting: str, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        city(tmp_path, f"site:\n  {setting}\n")
