"""Draft a new source for `levelground sources new`: write contract and staging model, and check the delivery against them.

See `ingest.scaffold` for the draft itself.
"""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path

from expectations.delivery.unmapped_labels import read_labels
from ingest.contract.registry import read_contract
from ingest.scaffold import OPEN_DECISIONS, draft, read_sample, write_draft
from orchestration.runs.delivery_location import home_city
from orchestration.settings import Settings
from orchestration.sources.audit_delivery import CROSSWALK
from orchestration.sources.check_delivery import DeliveryCheck, check_delivery
from warehouse.connection import scratch
from warehouse.temporary import scratch_folder


@dataclass(frozen=True)
class NewSource:
    """The two files of a draft, the open questions, and the check of the delivery it was made from (None for a database)."""

    contract: Path
    model: Path
    questions: tuple[str, ...]
    check: DeliveryCheck | None


def new_source(
    settings: Settings,
    name: str,
    what: str,
    folder: Path,
    *,
    table: str | None = None,
    crs: str | None = None,
    sheet: str | None = None,
    basis: str | None = None,
    unit: str | None = None,
) -> NewSource:
    """Draft the source `name` from a file, a folder, a URL or a database into a folder of contracts, and check it.

    `DraftError` if there is nothing to draft from, or the files already exist.
    """
    delivered = read_sample(what, os.environ, table=table, crs=crs, sheet=sheet)
    with scratch_folder(settings.home, "draft-") as own, scratch(own) as con:
        city = home_city(settings)
        new_draft = draft(name, delivered, read_labels(CROSSWALK), city.place_geoid, con, basis=basis, unit=unit)
    contract, model = write_draft(new_draft, folder)
    read_contract(contract)
    check = None
    if delivered.path is not None:
        check = check_delivery(dataclasses.replace(settings, further_sources=folder.absolute()), name, delivered.path)
    return NewSource(contract, model, (*new_draft.not_asked, *OPEN_DECISIONS, *new_draft.questions), check)
