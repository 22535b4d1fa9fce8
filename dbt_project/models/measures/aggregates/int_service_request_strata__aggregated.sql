-- one row per month, tract and stratum: requests, those followed for two days, those closed by then
with
requests as (
    select
        source,
        jurisdiction,
        cast(date_trunc('month', occurred_on) as date) as occurred_on,
        tract_geoid,
        {{ stratum_code_of('request_type') }} as request_type,
        lower(dayname(service_request_at)) as weekday_code,
        coalesce(followed_until_at >= service_request_at + interval 2 days, false) as is_followed,
        coalesce(closed_at <= service_request_at + interval 2 days, false) as is_closed_in_time
    from {{ counted_events('fct_service_requests') }}
),

tallied as (
    select
        * exclude (is_followed, is_closed_in_time),
        count(*) as requests_count,
        count(*) filter (where is_followed) as followed_count,
        count(*) filter (where is_followed and is_closed_in_time) as closed_count
    from requests
    group by all
),

-- a type with few requests in a year has an interval too wide to compare with another
sized as (
    select
        *,
        sum(requests_count) over (partition by source, jurisdiction, year(occurred_on), request_type) as type_count
    from tallied
),

divided as (
    select
        * exclude (request_type, weekday_code, type_count),
        unnest(['request_type', 'weekday']) as stratum_type,
        unnest([
            case when type_count >= {{ rule('min_stratum_records') }} then request_type end, weekday_code
        ]) as stratum_code
    from sized
),

final as (
    select
        source,
        jurisdiction,
        occurred_on,
        {{ null_piece_columns({'tract_geoid': 'tract_geoid'}) }},
        {{ without_race() }},
        stratum_type,
        stratum_code,
        sum(requests_count) as requests_count,
        sum(followed_count) as followed_count,
        sum(closed_count) as closed_count
    from divided
    where stratum_code is not null
    group by all
)

select * from final
