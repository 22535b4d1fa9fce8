-- one row per call number
create table release.marts.fct_police_calls as
select
    md5(concat('mpd__dispatched_calls', chr(31), calls.call_number)) as police_call_key,
    'mpd__dispatched_calls' as source,
    contracts.jurisdiction,
    contracts.load_id as _load_id,
    getvariable('calls_name') as _source_file,
    calls.source_row as _source_row,
    cast(calls.police_call_at as date) as occurred_on,
    calls.police_call_at,
    spans.tract_geoid,
    spans.aldermanic_district_geoid,
    spans.aldermanic_district_vintage,
    case when spans.address is null then districts.geoid else spans.police_district_geoid end as police_district_geoid,
    spans.neighborhood_geoid,
    case when spans.address is null then districts.geography_vintage else spans.police_district_vintage end as police_district_vintage,
    case
        when spans.address is not null then spans.geocode_quality
        when districts.geoid is not null then 'delivered_code'
        else 'none'
    end as geocode_quality,
    calls.call_number,
    calls.nature,
    calls.status,
    calls.address,
    calls.police_district as police_district_reported
from warehouse.main.calls
inner join warehouse.receipts.contracts on contracts.source = 'mpd__dispatched_calls'
left join (
    select * from warehouse.intermediate.int_addresses__geocoded
    where valid_to >= (select min(police_call_at) from warehouse.main.calls)
) as spans
    on calls.address = spans.address and cast(calls.police_call_at as date) between spans.valid_from and spans.valid_to
left join warehouse.intermediate.int_places__valid_codes as districts
    on
        districts.geography_type = 'police_district'
        and calls.police_district = districts.geoid
        and cast(calls.police_call_at as date) between districts.valid_from and districts.valid_to;

drop table warehouse.main.calls;
