"""The doctor warns of undecided licences, and of sources with load mode `merge` whose deliveries contain nearly all rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.landing import JournalEntry
from ingest.landing.landing_journal import JOURNAL
from orchestration.doctor import Verdict
from tests.unit.orchestration.doctor.conftest import Examined

CONTRACTS = Path(__file__).parents[2] / "ingest" / "contract" / "contracts" / "valid"
MERGED, REPLACED = "fpc__police_stops", "assessor__parcels"


def landed(examined: Examined, source: str, rows: tuple[int, ...], adds: bool = False) -> None:
    loads = [
        JournalEntry(
            load_id=f"load{at}",
            sequence=at,
            run_id="run",
            files=1,
            delivered_at=None,
            promoted_at=None,
            contract="terms",
            rows_delivered=0,
            rows_blank=0,
            rows_duplicate=0,
            rows_rejected=0,
            data_as_of=None,
            rows_in_landing=left,
            adds=adds and at == len(rows),
        )
        for at, left in enumerate(rows, 1)
    ]
    folder = examined.home.deliveries / source
    folder.mkdir(parents=True)
    (folder / JOURNAL).write_text(json.dumps([load.model_dump(mode="json") for load in loads]))


@pytest.mark.parametrize("rows", [(2, 4330), (1, 0, 9), (1, 9)])
def test_a_merged_source_with_nearly_full_deliveries_is_a_warning(examined: Examined, rows: tuple[int, ...]) -> None:
    landed(examined, MERGED, rows)
    (found,) = examined.bad("load modes")
    assert (found.verdict, found.where) == (Verdict.WARNING, MERGED)
    assert f"contains {rows[-1]:,} of {sum(rows):,} rows; the other {rows[0]:,} stay" in found.what
    assert "replace_partition" in found.remedy


@pytest.mark.parametrize("rows", [(10,), (2, 8), (0, 10), ()], ids=["one load", "changes", "nothing else is left", "no load"])
def test_other_merged_sources_are_ok(examined: Examined, rows: tuple[int, ...]) -> None:
    landed(examined, MERGED, rows)
    assert not examined.bad("load modes")


def test_adding_loads_and_replaced_tables_are_ok(examined: Examined) -> None:
    landed(examined, MERGED, (2, 4330), adds=True)
    landed(examined, REPLACED, (2, 4330))
    assert not examined.bad("load modes")


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


@pytest.mark.parametrize(
    ("until", "warned"), [("2026-02-01", False), ("2026-01-31", True), ("2025-12-02", True), ("2025-12-01", True)]
)
def test_an_agreement_that_ends_is_a_warning(examined: Examined, tmp_path: Path, until: str, warned: bool) -> None:
    contract = (CONTRACTS / "dpt__released.yml").read_text()
    further = tmp_path / "sources"
    further.mkdir()
    terms = f"agreement: {{basis: data_sharing_agreement, classification: internal, valid_until: {until}}}"
    (further / "dpt__released.yml").write_text(contract.replace("agreement: {basis: open_data, classification: public}", terms))
    examined.environment["LEVELGROUND_SOURCES"] = str(further)
    found = examined.bad("agreements")
    assert [result.where for result in found] == (["dpt__released"] if warned else [])
    assert all(until in result.what and ("ended" in result.remedy) == (until == "2025-12-01") for result in found)


def test_an_interrupted_removal_is_a_warning(examined: Examined) -> None:
    assert not examined.bad("removals")
    (examined.home.root / "erasing").mkdir()
    (examined.home.root / "erasing" / "plan.json").write_text("{}")
    (found,) = examined.bad("removals")
    assert "levelground erase --resume" in found.remedy


def test_a_fetched_source_of_a_folder_has_no_unread_files_and_no_fixed_clock(examined: Examined, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / MERGED).mkdir(parents=True)
    examined.environment["LEVELGROUND_DELIVERIES"] = str(folder)
    (folder / "city.yml").write_text(f"city: milwaukee\n{REPLACED}: {{delivered_by: live}}\n")
    (found,) = examined("fetched sources")
    assert (found.verdict, found.what) == (Verdict.OK, "1 sources are fetched live, the others are read from the folder")
    (folder / "city.yml").write_text(f"city: milwaukee\nas_of: 2025-12-01\n{REPLACED}: {{delivered_by: live}}\n")
    (folder / REPLACED).mkdir()
    (folder / REPLACED / "parcels.csv").touch()
    files, clock = examined.bad("fetched sources")
    assert (files.where, files.what) == (
        REPLACED, f"it is fetched from its system, and {folder / REPLACED} has 1 files that no run reads"
    )  # fmt: skip
    assert clock.where == str(folder / "city.yml") and clock.remedy == "remove as_of from city.yml"


def test_a_missing_secret_of_a_fetched_source_is_an_error(examined: Examined, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    examined.environment["LEVELGROUND_DELIVERIES"] = str(folder)
    assert not examined.bad("secrets")
    (folder / "city.yml").write_text("city: milwaukee\nder__employees: {delivered_by: live}\n")
    assert [found.where for found in examined.bad("secrets")] == ["LEVELGROUND_DER_DATABASE_URL"]
