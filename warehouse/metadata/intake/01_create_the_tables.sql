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
