"""Refuse a build whose crosswalk has lost labels that landed records use: their race would become unknown without a finding.

The crosswalk of the published release records which race was known. See `expectations.delivery.unmapped_counts` for the
comparison.
"""

from __future__ import annotations

from expectations.delivery.unmapped_counts import Answers, lost_labels, read_answers
from ingest.city import City
from ingest.landing import newest_load
from ingest.layers import seed_rows
from orchestration.runs.context import RunContext
from orchestration.runs.errors import without_cells
from orchestration.runs.record import BLOCKED
from orchestration.settings import SHARED_SEEDS
from orchestration.stewardship.audit_delivery import CROSSWALK
from warehouse.connection import QueryError, WarehouseError, run_query

SECONDS = 60.0


def answers_now(city: City) -> Answers:
    """What the seeds of the city say of each label."""
    return read_answers(seed_rows(CROSSWALK, SHARED_SEEDS, city.layers))


def end_if_labels_lost(run: RunContext) -> bool:
    """End the run as blocked if labels in use have lost their mapping since the published release; whether they have."""
    published = run.settings.home.published_analyst
    if not published.is_file():
        return False
    try:
        query = f"select vocabulary, reported_label, missing_reason from reference.{CROSSWALK}"
        before = read_answers(run_query(published, query, SECONDS).to_pylist())
    except (QueryError, WarehouseError):
        return False  # damaged, which recovery reports, or of a version without the seed
    now = answers_now(run.location.city)
    if before == now:
        return False
    found = []
    with without_cells():
        for contract in run.location.registry:
            if newest_load(run.con, contract.source):
                lost = lost_labels(run.con, contract, before, now, run.location.city.time_zone)
                found += [f"{contract.source}: {sentence}" for sentence in lost]
    if found:
        remedy = (
            "restore these rows of race_ethnicity_crosswalk.csv; a label that no longer names a group has a row with its "
            "missing_reason. `levelground cities show CITY` lists the rows that a city's layer replaces"
        )
        run.end(BLOCKED, f"{'; '.join(found)}: {remedy}")
    return bool(found)
