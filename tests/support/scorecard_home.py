"""A home with releases whose public files are planted, made without a run."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb

from tests.support.scorecard_release import write_marts, write_public_file
from tests.support.sealing import seal
from warehouse.paths import Home
from warehouse.releases import BuildInputs, Candidate, new_release_id, swap


def release_planted(
    home: Home,
    tables: dict[str, list[dict[str, Any]]],
    month: int,
    marts: dict[str, list[dict[str, Any]]] | None = None,
    **about: Any,
) -> str:
    """Seal and publish a release of this month of 2025. `marts`: figures of its analyst file; `about`: what its manifest has."""
    created = dt.datetime(2025, month, 1, tzinfo=dt.UTC)
    release_id = new_release_id(home, created, f"{month:08}")
    facts = tables["release"][0] | {"release_id": release_id, "created_at": created.replace(tzinfo=None)}
    candidate = Candidate.begin(home, f"run{month}")
    candidate.public_path.unlink()
    write_public_file(candidate.public_path, tables | {"release": [facts]})
    with duckdb.connect(str(candidate.analyst_path)) as con:
        con.execute("create schema if not exists marts; create table marts.fct_equity_measures (measure_id varchar)")
        write_marts(con, marts or tables)
    manifest = {"loads": {}, "versions": {}, "made_of": BuildInputs()} | about
    sealed = seal(
        home, candidate, release_id=release_id, created_at=created, data_as_of=created.replace(tzinfo=None), code_version="1",
        content_hash=f"{month:08}", seeds_hash="", **manifest,
    )  # fmt: skip
    swap(home, release_id, sealed=sealed)
    return release_id
