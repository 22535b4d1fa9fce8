create table intake.erasures (
    source varchar, removal_id varchar, kind varchar, records bigint, reason varchar, erased_at timestamp, erased_by varchar);
create table intake.erased_records (source varchar, columns varchar, record_hash varchar);
