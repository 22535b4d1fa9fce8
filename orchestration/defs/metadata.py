"""Build the metadata that a run adds to assets: figures that the UI displays and plots over time.

The figures are from run records and the published file. Numbers stay numbers, so that the UI can plot them. See `asset_checks`
for check results.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import dagster as dg

from ingest.contract_terms import age_hours
from orchestration.defs.asset_specs import file_key
from orchestration.instance.setup import DOCS
from orchestration.runs.progress import NodeResult
from orchestration.runs.record import FRESH, HELD_BACK, STALE, RunRecord, SourceStatus
from orchestration.runs.reports import published_source_quality, release_figures
from orchestration.settings import Settings
from warehouse.audiences.access import read_readers
from warehouse.paths import Home
from warehouse.releases import read_manifest

ROWS = ("rows_delivered", "rows_staged", "rows_rejected", "rows_blank", "rows_duplicate", "rows_superseded", "rows_withdrawn")
INDEX = "index.html"
MEASURED = ("known_race_pct", "geocoded_pct", "readiness_grade", "covered_until", "periods_missing")


def status_metadata(status: SourceStatus, measured: Mapping[str, Any], as_of: dt.datetime) -> dict[str, Any]:
    """Return a source's figures after a run; `measured` is from the current release, so it is one run behind."""
    metadata: dict[str, Any] = {"verdict": status.verdict, "held_back": int(status.verdict == HELD_BACK)}
    for name in (*ROWS, "load_id", "reason"):
        value = getattr(status, name)
        if value is not None:
            metadata[name] = value
    age = age_hours(status.data_as_of, as_of)
    if age is not None:
        metadata |= {"data_as_of": status.data_as_of, "age_hours": round(age, 1)}
    return metadata | measured_metadata(measured)


def measured_metadata(measured: Mapping[str, Any]) -> dict[str, Any]:
    """Return what only the built tables contain: shares of race and place, the grade, and what is covered."""
    return {name: rounded(measured[name]) for name in MEASURED if measured.get(name) is not None}


def release_metadata(settings: Settings, record: RunRecord, release_id: str) -> dict[str, Any]:
    """Return the release's path and size, and how many sources and rows it contains."""
    home = settings.home
    statuses = record.sources.values()
    metadata: dict[str, Any] = {
        "release_id": release_id,
        "path": dg.MetadataValue.path(str(home.published_analyst)),
        "analyst_mb": _megabytes(home.published_analyst.stat().st_size),
        "public_mb": _megabytes(home.published_public.stat().st_size),
        "sources_fresh": sum(status.verdict == FRESH for status in statuses),
        "sources_held_back": sum(status.verdict == HELD_BACK for status in statuses),
        "sources_stale": sum(status.verdict == STALE for status in statuses),
        "rows_staged": sum(status.rows_staged or 0 for status in statuses),
        "rows_rejected": sum(status.rows_rejected or 0 for status in statuses),
        "seconds": round(sum(record.seconds.values()), 1),
    }
    figures = {name: rounded(figure) for name, figure in release_figures(home).items()}
    changes = record.public_changes
    figures |= {f"public_figures_{name}": getattr(changes, name) for name in ("appear", "change", "vanish")} if changes else {}
    return metadata | figures | engine_metadata(record) | docs_metadata(settings)


def engine_metadata(record: RunRecord) -> dict[str, Any]:
    """Return the tasks of the engine, their attempts and the number of machines; nothing without an engine."""
    if record.engine is None:
        return {}
    return {"tasks": record.engine.tasks, "task_attempts": record.engine.attempts, "machines": len(record.engine.workers)}


def rounded(figure: Any) -> Any:
    """Return a number with at most two decimals, as the UI displays and plots it; anything else unchanged."""
    return round(figure, 2) if isinstance(figure, float) else figure


def docs_metadata(settings: Settings, page: str = INDEX) -> dict[str, Any]:
    """Return the link to a docs page, else to the index page; nothing if the docs have not been written.

    `levelground docs` writes the pages: `gates/<gate>/<subject>.html`, `sources/<source>.html`. Without LEVELGROUND_DOCS_URL the
    UI's own server has them.
    """
    written = next((name for name in (page, INDEX) if (settings.home.docs / name).is_file()), None)
    if settings.docs_url:
        return {"docs": dg.MetadataValue.url(f"{settings.docs_url}/{written}" if written else settings.docs_url)}
    return {"docs": dg.MetadataValue.url(f"{DOCS}/{written}")} if written else {}


def model_metadata(result: NodeResult, rows: int | None) -> dict[str, Any]:
    """Return the build time of a model or seed, and its row count if it is a table."""
    return {"seconds": rounded(result.seconds)} | ({"dagster/row_count": rows} if rows is not None else {})


def source_observations(home: Home) -> list[dg.AssetObservation]:
    """Return the new release's figures of each source, for the same plots as `status_metadata`."""
    return [
        dg.AssetObservation(asset_key=["landing", source], metadata=metadata)
        for source, row in published_source_quality(home).items()
        if (metadata := measured_metadata(row))
    ]


def file_materializations(home: Home, release_id: str) -> list[dg.AssetMaterialization]:
    """Return an event per file of an audience in the release: its path, size, tables and rows, and the group that reads it."""
    manifest, readers = read_manifest(home, release_id), read_readers(home)
    return [
        dg.AssetMaterialization(
            file_key(plan.audience),
            metadata={
                "release_id": release_id,
                "path": dg.MetadataValue.path(str(home.published / name)),
                "megabytes": _megabytes(manifest.files[name].size),
                "tables": len(plan.tables),
                "rows": sum(manifest.files[name].tables.values()),
                "group": readers[plan.audience].group or "none",
                "is_encrypted": plan.key_env is not None,
            },
        )
        for name, plan in manifest.audiences.items()
    ]


def _megabytes(size: int) -> float:
    return round(size / 1e6, 2)
