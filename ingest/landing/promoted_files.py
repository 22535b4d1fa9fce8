"""Load mode `append`: the files that were promoted before (`intake.files`), whose rows a batch does not repeat."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.delivery import DeliveryRecord
from ingest.landing.batch_rows import file_identities
from warehouse.sql import literal


def exclude_promoted_files(
    con: DuckDBPyConnection, contract: Contract, delivery: DeliveryRecord, rows: str, among: str, terms: str
) -> tuple[str, int]:
    """SQL that excludes the rows of files that were promoted before, and the number of those rows in `among`.

    The other files are recorded as promoted, even if all their rows are rejected later.
    """
    source, files = contract.source, list(dict.fromkeys(file_identities(delivery).values()))
    # a file that was promoted under an older contract is replaced by itself under the new one
    con.execute(f'delete from landing."{source}" where _contract <> ? and list_contains(?, _file_sha256)', [terms, files])
    con.execute(
        "delete from intake.files where source = ? and (load_id = ? or (contract <> ? and list_contains(?, sha256)))",
        [source, delivery.load_id, terms, files],
    )
    found = con.execute(
        f"select _source_file, _file_sha256, count(*) from {rows} where {among} group by all order by 1"
    ).fetchall()
    # of two equal files, the first one that has a row left
    first = {sha: name for name, sha, _ in reversed(found)}
    promoted = {sha for (sha,) in con.execute("select sha256 from intake.files where source = ?", [source]).fetchall()}
    con.execute(
        "insert into intake.files select ?, unnest, ?, ? from unnest(?)",
        [source, terms, delivery.load_id, [file for file in files if file not in promoted]],
    )
    new = [name for sha, name in first.items() if sha not in promoted]
    condition = f" and _source_file in ({', '.join(map(literal, new))})" if new else " and false"
    return condition, sum(count for name, _, count in found if name not in new)
