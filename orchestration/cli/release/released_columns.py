"""List the columns of the files of a release, with their audience and the reason, from its manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from expectations.disclosure.classification import classification
from warehouse.audiences.names import FIGURES, PUBLIC, TEAM
from warehouse.connection import open_from_disk
from warehouse.paths import ANALYST_FILE, PUBLIC_FILE, Home
from warehouse.releases import VIEW_SCHEMAS, Manifest, read_manifest
from warehouse.rewrite import columns_of

_FIGURE = "no row of a person, household, address or single record"
_RECORD = "a record of a source whose contract names this audience"
_JOINED = "no row of a record; records join it"
_OWN = "the data team reads everything"


@dataclass(frozen=True)
class ReleasedColumn:
    """A column of a file; `file` is empty for one that an audience does not get."""

    file: str
    table: str
    column: str
    audience: str
    reason: str


def released_columns(home: Home, release_id: str) -> Iterator[ReleasedColumn]:
    """The columns of all files: of audiences as planned, of the analyst file and the public one as they are."""
    manifest = read_manifest(home, release_id)
    yield from _of_audiences(manifest)
    for name, audience in ((ANALYST_FILE, TEAM), (PUBLIC_FILE, PUBLIC)):
        with open_from_disk(home.release(release_id) / name, "released") as con:
            for (schema, table), columns in columns_of(con, "released").items():
                where = f"{schema}.{table}"
                for column in columns if schema not in VIEW_SCHEMAS else ():
                    reason = _of_public(table, column) if audience == PUBLIC else manifest.team_only.get(where, _OWN)
                    yield ReleasedColumn(name, where, column, audience, reason)


def _of_audiences(manifest: Manifest) -> Iterator[ReleasedColumn]:
    for name, plan in manifest.audiences.items():
        for table, planned in plan.tables.items():
            whole = _FIGURE if plan.audience == FIGURES else _JOINED if planned.sources is None else _RECORD
            kept = {column: as_name for column, as_name, _ in planned.kept()}
            for column, shown in planned.columns.items():
                reason = whole if shown.is_whole else shown.value
                file = "" if shown.is_left_out else name
                yield ReleasedColumn(file, table, kept.get(column, column), plan.audience, reason)


def _of_public(table: str, column: str) -> str:
    kind, reason = classification().get(table, {}).get(column, ("", ""))
    return f"{kind}: {reason}" if reason else kind
