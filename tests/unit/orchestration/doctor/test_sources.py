"""The doctor warns of undecided licences, of an interrupted removal, and of a missing secret of a fetched source."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.orchestration.doctor.conftest import Examined

CONTRACTS = Path(__file__).parents[2] / "ingest" / "contract" / "contracts" / "valid"
LICENSED = (
    "agreement: {basis: open_data, classification: public, licence: "
    "{id: CC-BY-NC-SA-4.0, attribution: A publisher, share_alike: true, commercial: false, evidence: https://terms.example}"
)


@pytest.mark.parametrize(("decision", "waits"), [("}", True), (", republish: allowed}", False), (", republish: refused}", False)])
def test_a_licence_waits_for_the_decision_of_the_city(examined: Examined, tmp_path: Path, decision: str, waits: bool) -> None:
    contract = (CONTRACTS / "dpt__released.yml").read_text()
    further = tmp_path / "sources"
    further.mkdir()
    (further / "dpt__released.yml").write_text(
        contract.replace("agreement: {basis: open_data, classification: public}", LICENSED + decision)
    )
    examined.environment["LEVELGROUND_SOURCES"] = str(further)
    found = examined.bad("licences")
    assert [result.where for result in found] == (["dpt__released"] if waits else [])
    assert all("CC-BY-NC-SA-4.0" in result.what and "https://terms.example" in result.what for result in found)


def test_an_interrupted_removal_is_a_warning(examined: Examined) -> None:
    assert not examined.bad("removals")
    (examined.home.root / "erasing").mkdir()
    (examined.home.root / "erasing" / "plan.json").write_text("{}")
    (found,) = examined.bad("removals")
    assert "levelground erase --resume" in found.remedy


def test_a_missing_secret_of_a_fetched_source_is_an_error(examined: Examined, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    examined.environment["LEVELGROUND_DELIVERIES"] = str(folder)
    assert not examined.bad("secrets")
    (folder / "city.yml").write_text("city: milwaukee\nder__employees: {delivered_by: live}\n")
    assert [found.where for found in examined.bad("secrets")] == ["LEVELGROUND_DER_DATABASE_URL"]
