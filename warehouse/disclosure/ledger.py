"""The memory of disclosure control: every state of every row of persons that was ever published, and the figures as reported.

Here: writing both before a release is swapped in, their copies in the release, and putting them back where they are lost. Not
here: reading them for the choice (`reported`) or the attack (`expectations.disclosure`).

Readers keep files, so a release is in the ledger before anybody can open it; a state that a killed run wrote and never published
does no harm. Both files hold figures that are hidden from the public: they are the owner's alone.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.disclosure.figures import GRAIN
from warehouse.disclosure.reported import PRIOR, REPORTED
from warehouse.files import sync
from warehouse.paths import Home
from warehouse.sql import identifier, literal

FOLDER = "disclosure"  # in a release
_OWNERS = 0o600


def record(con: DuckDBPyConnection, home: Home, *, release_id: str, published_at: dt.datetime) -> None:
    """Add to the ledger each published row of persons that it does not have in this state; write the figures as reported.

    `con` has the candidate's public file attached as `public`, with `published.equity_measures` built.
    """
    home.disclosure.mkdir(exist_ok=True)
    states = f"""
        select {literal(release_id)} as release_id, {literal(published_at.isoformat())}::timestamp as published_at, published.*
        from public.published.equity_measures as published
        semi join {REPORTED} as reported using ({", ".join(GRAIN)})
    """
    if home.ledger.is_file():
        ledger = f"read_parquet({literal(str(home.ledger))})"
        # the columns of today: the ledger may have been begun by a version with others
        names = [name for name, *_ in con.execute("describe public.published.equity_measures").fetchall()]
        last = f"""
            select {", ".join(map(identifier, names))} from (
                select * from public.published.equity_measures where false
                union all by name
                select * exclude (release_id, published_at) from {ledger}
                qualify row_number() over (partition by {", ".join(GRAIN)} order by published_at desc, release_id desc) = 1
            )
        """
        new = f"""
            select states.* from ({states}) as states
            anti join (select * exclude (release_id, published_at) from ({states}) intersect ({last})) as said
                using ({", ".join(GRAIN)})
        """
        states = f"select * from {ledger} union all by name ({new})"
    _write(con, f"{states} order by published_at, release_id, {', '.join(GRAIN)}", home.ledger)
    remembered = f"""
        select * from {REPORTED} union all by name
        select * from {PRIOR} anti join {REPORTED} as now using ({", ".join(GRAIN)})
        order by {", ".join(GRAIN)}
    """
    _write(con, remembered, home.reported)


def keep_copies(home: Home, folder: Path) -> None:
    """Copy both files into the folder of a release."""
    (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
    for file in (home.ledger, home.reported):
        if file.is_file():
            _copy(file, folder / FOLDER / file.name)


def restore(home: Home) -> list[str]:
    """Put back what is missing or cannot be read, from the newest release that has it; what was done, in sentences."""
    done = []
    for file in (home.ledger, home.reported):
        copies = sorted(home.releases.glob(f"[!.]*/{FOLDER}/{file.name}"), reverse=True)
        if copies and not _is_readable(file):
            home.disclosure.mkdir(exist_ok=True)
            if file.exists():
                file.replace(file.with_name(f"{file.name}.damaged"))
            _copy(copies[0], file)
            done.append(f"Put {file.name} back from release {copies[0].parent.parent.name}.")
    return done


def _is_readable(file: Path) -> bool:
    try:
        with file.open("rb") as content:
            content.seek(-4, os.SEEK_END)
            return content.read() == b"PAR1"
    except OSError:
        return False


def _write(con: DuckDBPyConnection, query: str, file: Path) -> None:
    temporary = file.with_name(f".{file.name}.next")
    con.execute(f"copy ({query}) to {literal(str(temporary))} (format parquet)")
    temporary.chmod(_OWNERS)  # DuckDB makes the file anew, whatever mode it had
    sync(temporary)
    temporary.replace(file)
    sync(file.parent)


def _copy(file: Path, to: Path) -> None:
    temporary = to.with_name(f".{to.name}.next")
    shutil.copyfile(file, temporary)
    temporary.chmod(_OWNERS)
    sync(temporary)
    temporary.replace(to)
    sync(to.parent)
