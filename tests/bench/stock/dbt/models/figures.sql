-- what the benchmark holds against the release
select 'requests' as name, cast(sum(requests) as double) as figure from {{ ref('requests_by_month') }}
union all
select 'requests_closed_in_time', cast(sum(closed_in_time) as double) from {{ ref('requests_by_month') }}
union all
select 'calls', cast(sum(calls) as double) from {{ ref('calls_by_month') }}
union all
select 'stops', cast(sum(stops) as double) from {{ ref('stops_by_race') }}
union all
select 'stops_of_black_people', cast(sum(stops) as double) from {{ ref('stops_by_race') }} where race = 'black'
union all
select 'searches_of_black_people', cast(sum(searched) as double) from {{ ref('stops_by_race') }} where race = 'black'
union all
select 'payments_usd', cast(sum(amount_usd) as double) from {{ ref('payments_by_month') }}
