-- trim reads every character: 0.2 µs per address; this test costs almost nothing
create macro warehouse.main.trimmed(cell) as case when prefix(cell, ' ') or suffix(cell, ' ') then trim(cell) else cell end;

-- Requests, calls and stops as in their files, numbered by rowid: the last row of a key counts, and their order distinguishes equal
-- rows. Payments need no such step, because Parquet numbers its rows itself.
create table warehouse.main.requests as
select
    cast(CREATIONDATE as timestamp) as service_request_at,
    cast(nullif(CLOSEDDATETIME, '') as timestamp) as closed_at,
    nullif(nullif(trimmed(OBJECTDESC), ''), 'null') as address,
    TITLE as request_type,
    md5(concat(
        'ucc__service_requests', chr(31), CREATIONDATE, chr(31), CLOSEDDATETIME, chr(31), trimmed(OBJECTDESC), chr(31), TITLE
    )) as record_hash
from read_csv(
    getvariable('requests'),
    auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', new_line = '\r',
    columns = {
        'CREATIONDATE': 'varchar', 'OBJECTDESC': 'varchar', 'TITLE': 'varchar', 'CLOSEDDATETIME': 'varchar', 'TEXT': 'varchar'
    }
);

create table warehouse.main.delivered_calls as
select *
from read_csv(
    getvariable('calls'),
    auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', new_line = '\r\n',
    columns = {
        'call_number': 'varchar', 'called': 'varchar', 'address': 'varchar', 'police_district': 'varchar', 'nature': 'varchar',
        'status': 'varchar'
    }
);

-- every scrape repeats the calls still shown
create table warehouse.main.calls as
select
    delivered.call_number,
    strptime(delivered.called, '%m/%d/%Y %I:%M:%S %p') as police_call_at,
    nullif(trimmed(delivered.address), '') as address,
    nullif(trimmed(delivered.police_district), '') as police_district,
    nullif(trimmed(delivered.nature), '') as nature,
    nullif(trimmed(delivered.status), '') as status,
    delivered.rowid + 1 as source_row
from warehouse.main.delivered_calls as delivered
semi join (
    select max(rowid) as last from warehouse.main.delivered_calls where call_number <> '' group by call_number
) as newest on delivered.rowid = newest.last;

drop table warehouse.main.delivered_calls;

create table warehouse.main.stops as
select * exclude (stopped_at, lat, long), cast(stopped_at as timestamp) as utc_at
from read_csv(
    getvariable('stops'),
    auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', new_line = '\n',
    columns = {
        'idNum': 'varchar', 'stopped_at': 'varchar', 'problem': 'varchar', 'MDC': 'varchar', 'citationIssued': 'varchar',
        'personSearch': 'varchar', 'vehicleSearch': 'varchar', 'preRace': 'varchar', 'race': 'varchar', 'gender': 'varchar',
        'lat': 'varchar', 'long': 'varchar', 'policePrecinct': 'varchar', 'neighborhood': 'varchar'
    }
);

-- the data-as-of time of these sources; contracts declare that of the others
update warehouse.receipts.contracts
set data_as_of = (
    select greatest(max(service_request_at), max(closed_at)) from warehouse.main.requests
)
where source = 'ucc__service_requests';

update warehouse.receipts.contracts
set data_as_of = (select max(police_call_at) from warehouse.main.calls)
where source = 'mpd__dispatched_calls';

update warehouse.receipts.contracts
set data_as_of = (select timezone('America/Chicago', timezone('UTC', max(utc_at))) from warehouse.main.stops)
where source = 'fpc__police_stops';

update warehouse.receipts.contracts
set data_as_of = (select max("date") from read_parquet(getvariable('payments')))
where source = 'comptroller__checkbook';
