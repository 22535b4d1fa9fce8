"""Rules for every contract of the folder; each failure names the remedy."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from ingest.city import city_registry, read_city
from ingest.contract import Contract
from ingest.contract.registry import read_contract
from ingest.delivery import Conformer
from ingest.layers import CITIES
from tests.contract.registers import seed
from tests.support.shipped import CONTRACT_FILES

ISSUE = re.compile(r"\b(?!SPD-|UTF-)[A-Z]{3}-\d{2}\b")  # the standard of race and the encoding are no issues
ISSUES = CITIES / "milwaukee" / "seeds" / "known_data_issues.csv"
FILES = CONTRACT_FILES
# Addresses and identities of persons: never public together with an event.
OF_A_PERSON = ("address", "latitude", "longitude", "zip", "sex", "age", "race", "race_flag", "ethnicity")
# Data without persons: places, and counts that the census itself protects.
OF_PLACES = ("census", "city")
# Places of projects and events: no homes.
PUBLIC_ADDRESSES = ("doa__arpa_projects", "oei__engagement_events")

# Contracts that read a part of a file's name, with the name of a delivered file.
FILE_NAMES = {
    "chr__county_health": "v147_r2026.csv", "census__acs_county": "acs_data_2019-2023.csv", "dns__evictions": "milwaukee_map.csv",
    "fpc__fatal_shootings": "fatal-police-shootings-data_2024-03-05.csv",
    "census__population_estimates": "cc-est2025-alldata-55_079.csv",
}  # fmt: skip
CLOCKS = ("event_time", "closed_time", "period")

pytestmark = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def known_issues() -> dict[str, str]:
    with ISSUES.open(encoding="utf-8", newline="") as file:
        return {row["issue_id"]: row["source"] for row in csv.DictReader(file)}


def delivered_header(contract: Contract, preferred: int, name: str) -> list[str]:
    """The header of a file that has every column of its table, under its first or its last name, and what is ignored."""
    if contract.format.header.rows == "none":
        return [str(position) for position in range(1, len(contract.columns) + 1)]
    delivered = [column for column in contract.columns if not column.from_file and column.is_in_file(name)]
    return [*(str(column.delivered_names[preferred]) for column in delivered), *contract.ignore]


@pytest.mark.parametrize("preferred", [0, -1], ids=["first names", "last names"])
def test_a_contract_recognises_its_own_header(file: Path, preferred: int) -> None:
    contract = read_contract(file)
    name = FILE_NAMES.get(contract.source, "")
    match = Conformer(contract, None).match(delivered_header(contract, preferred, name), name)
    assert (match.missing, match.unknown, match.repeated) == ((), (), ())
    elsewhere = {column.name for column in contract.columns if not column.is_in_file(name)}
    assert {column for column, position in match.positions.items() if position is None} == elsewhere


def test_every_issue_it_cites_is_listed_and_is_its_own(file: Path) -> None:
    cited = set(ISSUE.findall(file.read_text(encoding="utf-8")))
    listed = known_issues()
    assert cited <= set(listed), "write the issue down in docs/data_issues.md and in the seed known_data_issues"
    assert {listed[issue] for issue in cited} <= {file.stem}, "cite an issue of this source, or give it one of its own"


def test_what_identifies_a_person_is_not_public(file: Path) -> None:
    contract = read_contract(file)
    if contract.department in OF_PLACES or contract.source in PUBLIC_ADDRESSES:
        return
    public = [column.name for column in contract.columns if column.role in OF_A_PERSON and column.privacy == "public"]
    assert not public, "set their privacy: quasi_identifier, sensitive or direct_identifier"


def test_race_is_sensitive(file: Path) -> None:
    race = [column for column in read_contract(file).columns if column.role in ("race", "race_flag", "ethnicity")]
    assert {column.privacy for column in race} <= {"sensitive"}


def test_a_stand_in_is_marked_and_only_a_stand_in_is_of_another_place(file: Path) -> None:
    city = read_city(None)
    contract = city_registry(city)[file.stem]
    of_the_city = contract.jurisdiction in city.places.values()
    assert (contract.agreement.basis == "stand_in") is not of_the_city
    if not of_the_city:
        lines = ISSUES.read_text(encoding="utf-8").splitlines()
        assert any(f",{contract.source}," in line and "Stand-in" in line for line in lines)


def test_what_comes_once_is_never_stale_and_what_comes_again_can_be(file: Path) -> None:
    contract = read_contract(file)
    assert (contract.cadence == "once") is (contract.freshness is None)
    clocks = [column for column in contract.columns if column.role in CLOCKS and column.type in ("date", "timestamp")]
    assert contract.freshness is None or clocks or contract.as_of or contract.period, "without a clock nothing ever goes stale"


def test_no_date_has_to_be_changed_with_each_delivery(file: Path) -> None:
    contract = read_contract(file)
    assert contract.cadence == "once" or contract.declared_as_of is None, "write as_of as a rule: {column: year, ends: 12-31}"


def test_persons_are_protected(file: Path) -> None:
    contract = read_contract(file)
    if contract.statistical_unit in ("person", "household"):
        lower = {row["source"]: int(row["value"]) for row in seed("publication_rules") if row["source"]}  # each has an ADR
        assert contract.agreement.suppress_below >= lower.get(contract.source, 11)


def test_a_map_has_a_key_and_a_geometry(file: Path) -> None:
    contract = read_contract(file)
    maps = [column for column in contract.columns if column.type == "geometry" or column.role == "geometry"]
    if contract.format.kind != "geojson":
        assert not maps
        return
    (geometry,) = maps
    assert (geometry.name, geometry.type, geometry.role, geometry.required) == ("geometry", "geometry", "geometry", True)
    assert contract.load.key and contract.load.mode == "replace"
