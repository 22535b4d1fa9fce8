-- one row per delivered request
-- the second and later ones of equal rows
create table warehouse.main.repeated_requests as
select
    rowid as request,
    row_number() over (partition by record_hash order by rowid) as number
from warehouse.main.requests
qualify number > 1;

create table release.marts.fct_service_requests as
select
    md5(concat(requests.record_hash, '#', coalesce(repeated.number, 1))) as service_request_key,
    'ucc__service_requests' as source,
    contracts.jurisdiction,
    contracts.load_id as _load_id,
    getvariable('requests_name') as _source_file,
    requests.rowid + 1 as _source_row,
    cast(requests.service_request_at as date) as occurred_on,
    requests.service_request_at,
    spans.tract_geoid,
    spans.aldermanic_district_geoid,
    spans.aldermanic_district_vintage,
    spans.police_district_geoid,
    spans.neighborhood_geoid,
    spans.police_district_vintage,
    coalesce(spans.geocode_quality, 'none') as geocode_quality,
    requests.request_type,
    requests.address,
    requests.closed_at,
    case when requests.closed_at is null then 'not_applicable' end as closed_at_missing_reason,
    date_diff('second', requests.service_request_at, requests.closed_at) / 86400.0 as days_to_close,
    case contracts.follow_up_until
        when 'delivery' then contracts.data_as_of
        when 'days_after_start'
            then least(contracts.data_as_of, requests.service_request_at + to_days(contracts.follow_up_days))
    end as followed_until_at
from warehouse.main.requests
inner join warehouse.receipts.contracts on contracts.source = 'ucc__service_requests'
left join warehouse.main.repeated_requests as repeated on requests.rowid = repeated.request
left join (
    select * from warehouse.intermediate.int_addresses__geocoded
    where valid_to >= (select min(service_request_at) from warehouse.main.requests)
) as spans
    on requests.address = spans.address and cast(requests.service_request_at as date) between spans.valid_from and spans.valid_to;

drop table warehouse.main.requests;
