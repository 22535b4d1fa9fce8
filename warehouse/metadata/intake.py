"""Define schema `intake`: what the working warehouse records about loads, superseded rows, built models and gate results.

Change a table by adding a migration at the end of `MIGRATIONS`; never edit one that a release contains. Homes from before the
table `intake.migrations` start at the first migration with their tables in place, so that one uses `if not exists`.

    loads               one row per accepted load that landing was made from: its sequence, times and counts
    rejected_rows       one row per delivered row without a usable period or key
    marks               one row per source: under which terms its landed rows were marked as accepted or refused
    superseded_rows     one row per landed row that a later load replaced, until every incremental fact has deleted it
    superseded_since    one row per source: the first load whose superseded rows are all recorded
    node_fingerprints   one row per built model or seed: what it was built from; with `release_id`, what a table of that release
                        equals, because a later build gave the same content
    gate_results        one row per mart whose gate passed: the result, and the fingerprint of the tables it read
    erasures            one row per removal of records of a source: how many, why, when, by whom (`ingest.delivery.removals`)
    erased_records      one row per erased record and form of its key: the keyed hash by which later deliveries lack it
    migrations          one row per applied migration
"""

from __future__ import annotations

_TABLES = """
create table if not exists intake.loads (
    source varchar, load_id varchar, sequence bigint, run_id varchar, files bigint, delivered_at timestamp, promoted_at timestamp,
    contract varchar, rows_delivered bigint, rows_blank bigint, rows_duplicate bigint, rows_rejected bigint,
    data_as_of timestamp);
alter table intake.loads add column if not exists adds boolean default false;
alter table intake.loads add column if not exists rows_withdrawn bigint default 0;
create table if not exists intake.files (source varchar, sha256 varchar, contract varchar, load_id varchar);
create table if not exists intake.rejected_rows (
    source varchar, load_id varchar, source_file varchar, source_row bigint, "column" varchar, reason_code varchar,
    message varchar);
create table if not exists intake.marks (source varchar primary key, terms varchar);
create table if not exists intake.gone (source varchar, load_id varchar, source_file varchar, source_row bigint, sequence bigint);
create table if not exists intake.gone_since (source varchar primary key, sequence bigint);
create table if not exists intake.standing (node varchar, state varchar, base varchar, shape varchar, loads varchar);
create table if not exists intake.verdicts (subject varchar, basis varchar, verdict varchar);
"""
_PLAIN_NAMES = """
alter table intake.gone rename to superseded_rows;
alter table intake.gone_since rename to superseded_since;
alter table intake.standing rename to node_fingerprints;
alter table intake.verdicts rename to gate_results;
alter table intake.gate_results rename column verdict to result;
"""
# An earlier version that runs on a migrated home creates its tables under their old names and records deletions only there.
OLD_NAMES = ("gone", "gone_since", "standing", "verdicts")
AFTER_AN_EARLIER_VERSION = "".join(f"drop table if exists intake.{name};" for name in OLD_NAMES) + "".join(
    f"delete from intake.{name};" for name in ("superseded_rows", "superseded_since", "node_fingerprints", "gate_results")
)

_ERASURES = """
create table intake.erasures (
    source varchar, removal_id varchar, kind varchar, records bigint, reason varchar, erased_at timestamp, erased_by varchar);
create table intake.erased_records (source varchar, columns varchar, record_hash varchar);
"""

# `chosen_by`: a fingerprint of the contract. Which files of `append` have landed follows from the accepted loads.
_CHOSEN_BY = "alter table intake.loads add column chosen_by varchar; drop table if exists intake.files"

# (name, SQL) in the order in which they are applied; the position, from 1, is the number that `intake.migrations` records.
MIGRATIONS: tuple[tuple[str, str], ...] = (
    ("create the tables", _TABLES),
    ("rename tables to what they hold", _PLAIN_NAMES),
    ("record removals", _ERASURES),
    ("record what a release equals", "alter table intake.node_fingerprints add column release_id varchar"),
    ("record under which contract rows were chosen", _CHOSEN_BY),
)
