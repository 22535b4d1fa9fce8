"""Keep the ledger of every published state of every row of persons, the reported figures, and the history, as Parquet files.

A run writes them into its candidate (`write_ledger`), the swap copies them to the home (`publish_ledger`), and start-up restores
lost or damaged ones (`restore_ledger`). Next to each is its SHA-256 (`ledger.parquet.sha256`). See `reported_figures`,
`reported_responses`, `published_history` and `expectations.disclosure` for their readers.

Readers keep files, so the home's ledger is updated before a release can be opened, and stays when an earlier release is published
again. The files of a killed run stay in its candidate and are deleted with it: only figures that a reader may have seen are
frozen (ADR 36). The files contain figures that are hidden from the public, so only their owner may read them.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.disclosure.states.planned_figures import GRAIN, stored_states
from warehouse.disclosure.states.published_history import history_query
from warehouse.disclosure.states.reported_figures import PRIOR, REPORTED
from warehouse.disclosure.states.reported_responses import states_query
from warehouse.files import sync, write_atomically
from warehouse.fingerprint import file_sha256
from warehouse.paths import Home
from warehouse.sql import literal, queries

FOLDER = "disclosure"  # the folder's name in a release and in the home
# Columns that follow from codes of the row: a place with a new name is no new figure.
LABELS = frozenset({"place", "group_name", "is_place_weighted", "is_stand_in"})
_OWNERS = 0o600


class LedgerDamaged(Exception):
    """A file of the disclosure history is damaged, and no release has an intact copy."""

    def __init__(self, file: Path) -> None:
        folder = file.parent
        super().__init__(
            f"{file}: the file is missing or damaged (its SHA-256 differs from {file.name}.sha256), and no release has an intact "
            "copy. It holds the figures of persons that readers have; without it a release could disclose a person. Restore it "
            f"from a backup: cp -p BACKUP/{folder.name}/{file.name}* {folder}/"
        )
        self.file = file


def write_ledger(con: DuckDBPyConnection, home: Home, candidate: Path, *, release_id: str, published_at: dt.datetime) -> None:
    """Write the files into the candidate's folder: those of the home, plus each published row of persons whose state is new.

    `con` has the candidate's public file attached as `public`, with the published models built.
    """
    folder = candidate / FOLDER
    folder.mkdir(mode=0o700)
    names = [name for name in con.table("public.published.equity_measures").columns if name not in LABELS]
    sql = queries(Path(__file__).with_suffix(".sql.jinja"), grain=GRAIN, names=names, reported=REPORTED, prior=PRIOR)
    release, kept, columns = (release_id, published_at.isoformat()), "", []
    if home.ledger.is_file():
        kept = f"read_parquet({literal(str(home.ledger))})"
        columns = con.sql(f"from {kept}").columns
    ledger = sql.ledger(kept, columns, stored_states(home.ledger, sql.published(*release)), *release)
    _write(con, ledger, folder / home.ledger.name)
    _write(con, sql.remembered(), folder / home.reported.name)
    _write(con, states_query(release_id, published_at, home.responses), folder / home.responses.name)


def write_history(con: DuckDBPyConnection, home: Home, candidate: Path, *, release_id: str, published_at: dt.datetime) -> None:
    """Write the history into the candidate's folder, after `write_ledger`; `read_history` must have been called."""
    _write(con, history_query(release_id, published_at), candidate / FOLDER / home.history.name)


def publish_ledger(home: Home, release_id: str) -> None:
    """Copy the files of a release to the home, before the release is published for the first time."""
    home.disclosure.mkdir(exist_ok=True)
    for file in _files(home):
        sealed = home.release(release_id) / FOLDER / file.name
        if sealed.is_file():
            _copy(sealed, file)


def restore_ledger(home: Home) -> list[str]:
    """Restore missing or damaged files from the release that has them; one sentence per restored file.

    A Parquet file has no checksums: two of three flipped bits read as other figures. Raises `LedgerDamaged` if no release has an
    intact copy, because a release without the history of all figures could disclose persons.
    """
    return [sentence for file in _files(home) if (sentence := _restore(home, file))]


def _files(home: Home) -> tuple[Path, ...]:
    return (home.ledger, home.reported, home.responses, home.history)


def _restore(home: Home, file: Path) -> str | None:
    actual, recorded = _hash_of(file), _recorded_hash(file)
    if actual is not None and actual == recorded:
        return None
    copies = sorted(home.releases.glob(f"[!.]*/{FOLDER}/{file.name}"), reverse=True)
    if not copies and recorded is None and (actual is None or _is_parquet(file)):
        if actual is not None:
            _record_hash(file)  # of a version that recorded none
        return None
    newest = _intact_hash(copies[0]) if copies else None
    if actual is not None and actual == newest:
        _record_hash(file)
        return None if recorded is None else f"Recorded the hash of {file.name} again: it is intact."
    found = next((copy for copy in copies if recorded is not None and _intact_hash(copy) == recorded), None)
    found = found or (copies[0] if newest is not None else None)
    if found is None:
        raise LedgerDamaged(file)
    home.disclosure.mkdir(exist_ok=True)
    if file.exists():
        file.replace(file.with_name(f"{file.name}.damaged"))
    _copy(found, file)
    what = "missing" if actual is None else "damaged"
    return f"{file.name} was {what}: restored from release {found.parent.parent.name}."


def _intact_hash(copy: Path) -> str | None:
    """The hash of a release's copy; None if it is damaged. A copy of an earlier version has no recorded hash."""
    actual, recorded = _hash_of(copy), _recorded_hash(copy)
    return actual if actual == recorded or (recorded is None and _is_parquet(copy)) else None


def _hash_of(file: Path) -> str | None:
    try:
        return file_sha256(file)
    except OSError:
        return None


def _recorded_hash(file: Path) -> str | None:
    try:
        return _hash_file(file).read_text(encoding="ascii", errors="replace").partition(" ")[0]
    except OSError:
        return None


def _record_hash(file: Path) -> None:
    write_atomically(_hash_file(file), f"{file_sha256(file)}  {file.name}\n", mode=_OWNERS)


def _hash_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.sha256")


def _is_parquet(file: Path) -> bool:
    try:
        with file.open("rb") as content:
            content.seek(-4, os.SEEK_END)
            return content.read() == b"PAR1"
    except OSError:
        return False


def _write(con: DuckDBPyConnection, query: str, file: Path) -> None:
    con.execute(f"copy ({query}) to {literal(str(file))} (format parquet)")
    file.chmod(_OWNERS)
    sync(file)
    _record_hash(file)


def _copy(file: Path, to: Path) -> None:
    temporary = to.with_name(f".{to.name}.next")
    shutil.copyfile(file, temporary)
    temporary.chmod(_OWNERS)
    sync(temporary)
    temporary.replace(to)
    _record_hash(to)
