"""No private value is where it may not be: every byte that a run left is searched for the canaries in its deliveries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest.city import AUDIENCES
from ingest.contract.words import TIMES
from tests.conftest import CommandLine
from tests.support.canaries import Canary, Found, private_columns, search
from tests.support.shipped import shipped_registry
from warehouse.audiences.names import audience_of

ANALYST_FILE = "levelground.duckdb"
# Sources whose vocabulary of race is closed.
OF_KNOWN_RACES = (
    "der__employees", "fpc__fatal_shootings", "fpc__police_stops", "mcme__deaths", "mhd__lead_tests", "oei__engagement_inputs",
    "oei__engagement_participation",
)  # fmt: skip


def may_stand(home: Path, canary: Canary, found: Found) -> bool:
    """Whether a private value may be where it was found: direct identifiers nowhere, the others where analysts look at rows."""
    place = found.path.relative_to(home.parent)
    if canary.privacy == "direct_identifier" or place.parts[0] != home.name:
        return False
    if place.parts[1] in ("deliveries", "warehouse.duckdb"):  # the owner's alone
        return True
    if place.parts[1] in ("releases", "published") and (audience := audience_of(place.name)) in AUDIENCES:
        return _is_disclosed(canary, audience)
    rows = not found.inside or found.inside.startswith("marts.") or found.inside == "quality.unmapped_labels.label"
    return place.parts[1] in ("releases", "published") and place.name == ANALYST_FILE and rows


def _is_disclosed(canary: Canary, audience: str) -> bool:
    """Whether the records of an audience may have the value: its contract names the audience, and the column is no detail."""
    contract = {each.source: each for each in shipped_registry()}[canary.source]
    column = contract.column(canary.column)
    is_detail = column.type in TIMES or column.role in ("key", "address", "latitude", "longitude", "x", "y")
    is_text = column.type == "text" and column.role in (None, "text")
    return contract.readers == audience and not is_detail and not is_text


def test_private_values_are_only_where_they_may_be(
    first_release: tuple[Path, dict[str, Any]], seeded_city: tuple[Path, list[Canary]]
) -> None:
    home, canaries = first_release[0], seeded_city[1]
    (home.parent / "status.txt").write_text(CommandLine(home)("status").stdout + CommandLine(home)("sources", "list").stdout)
    owners = {mark: canary for canary in canaries for mark in canary.marks}
    found = search(home.parent, list(owners))
    wrong = [str(place) for place in found if not may_stand(home, owners[place.mark], place)]
    assert not wrong, "\n".join(wrong)
    _are_sought(home, canaries, found)


def _are_sought(home: Path, canaries: list[Canary], found: list[Found]) -> None:
    """The search finds what is there: each value that is kept in landing, and some in the analyst file."""
    contracts = {contract.source: contract for contract in shipped_registry()}
    landed = {(place.inside, place.mark) for place in found if place.path == home / "warehouse.duckdb"}
    for canary in canaries:
        column = contracts[canary.source].column(canary.column)
        # a required date or number takes no text, only a value that fits, in the form in which it is delivered
        if column.is_kept and (column.type == "text" or not column.required):
            assert (f"landing.{canary.source}.{canary.column}", canary.text) in landed, canary
    analyst_columns = {place.inside.rpartition(".")[2] for place in found if place.path == home / "published" / ANALYST_FILE}
    assert {"address", "annual_pay_usd", "hired_on", "race_before_stop_reported"} <= analyst_columns


def test_every_private_column_of_every_delivered_source_is_seeded(seeded_city: tuple[Path, list[Canary]]) -> None:
    folder, canaries = seeded_city
    seeded = {(canary.source, canary.column) for canary in canaries}
    delivered = [contract for contract in shipped_registry() if (folder / contract.source).is_dir()]
    private = {(contract.source, column.name) for contract in delivered for column in private_columns(contract)}
    closed = {("der__employees", "sex"), *((source, "race_ethnicity") for source in OF_KNOWN_RACES)}
    assert private - seeded == closed  # only known words get in there: an unknown one is tried where a delivery is refused
    assert any(canary.privacy == "direct_identifier" for canary in canaries)
