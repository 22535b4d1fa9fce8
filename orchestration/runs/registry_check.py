"""Refuse a home that this version, or this layer, cannot continue: in the first seconds, and before anything in it changes.

Of two registries of measures, dbt and the gate `series` would know only after minutes. What no longer differs is data: the seed
`registry_corrections`, the seed `renamed_sources` and `formerly` of contracts.
"""

from __future__ import annotations

from expectations.marts.series import KnownChanges, Registry, compare_registries, definition_of
from ingest.delivery.store import TwoHistories, check_histories
from ingest.layers import seed_rows
from orchestration.runs.delivery_location import DeliveryLocation
from orchestration.settings import SHARED_SEEDS, ConfigurationError, Settings
from warehouse.connection import QueryError, WarehouseError, run_query
from warehouse.paths import ANALYST_FILE
from warehouse.releases import ReleaseCorrupt, current

SECONDS = 60.0


def check_upgrade(settings: Settings, location: DeliveryLocation) -> None:
    """Raise `ConfigurationError` if sources or measures do not follow from those of the home's release; it names each."""
    try:
        check_histories(settings.home, location.registry)
    except TwoHistories as error:
        raise ConfigurationError(str(error)) from None
    earlier = _released_registry(settings)
    if earlier is None:
        return
    findings = compare_registries(earlier, _registry(location), known_changes(location))
    wrong = [finding.message for finding in findings if finding.severity == "critical" and not finding.success]
    if wrong:
        raise ConfigurationError(f"{'; '.join(wrong)}. Nothing in {settings.home.root} was changed")


def known_changes(location: DeliveryLocation) -> KnownChanges:
    """The corrections of the registry, and the sources with another name."""
    corrections = {
        (row["measure_id"], row["measure_version"], row["column_name"], row["earlier_value"]): row["corrected_value"]
        for row in seed_rows("registry_corrections", SHARED_SEEDS, location.city.layers)
    }
    return KnownChanges(corrections, location.registry.renamed)


def _registry(location: DeliveryLocation) -> Registry:
    """The registry as `dim_measure` will have it: measures of the city's sources, with the usual `minimum_n`."""
    rules, rows = (seed_rows(name, SHARED_SEEDS, location.city.layers) for name in ("measure_rules", "measure_registry"))
    (usual,) = (round(float(row["value"])) for row in rules if row["rule"] == "min_events")
    own = [row for row in rows if not row["source"] or row["source"] in location.registry]
    known = [row | {"minimum_n": row["minimum_n"] or str(usual)} for row in own]
    return {(row["measure_id"], row["measure_version"]): definition_of(row) for row in known}


def _released_registry(settings: Settings) -> Registry | None:
    """The registry in the current release; None without a release that can be read, which a run restores or replaces."""
    try:
        published = current(settings.home)
    except ReleaseCorrupt:
        return None
    file = settings.home.release(published.release_id) / ANALYST_FILE if published else None
    if file is None or not file.is_file():
        return None
    try:
        found = run_query(file, "from marts.dim_measure", SECONDS).to_pylist()
    except (WarehouseError, QueryError):
        return None
    return {(str(row["measure_id"]), str(row["measure_version"])): definition_of(row) for row in found}
