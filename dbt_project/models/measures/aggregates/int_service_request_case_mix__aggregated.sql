-- one row per month and part of the city: requests followed for two days, and how many of these would be closed if each kind of request
-- were closed as often as in all deliveries. What the kinds are is declared in the seed case_mix.
with
requests as (
    select
        *,
        {{ stratum_code_of('request_type') }} as type_code,
        quarter(occurred_on) as season,
        coalesce(followed_until_at >= service_request_at + interval 2 days, false) as is_followed,
        coalesce(closed_at <= service_request_at + interval 2 days, false) as is_closed_in_time
    from {{ counted_events('fct_service_requests') }}
),

tallied as (
    select
        {{ month_and_place() }},
        type_code,
        season,
        count(*) as requests_count,
        count(*) filter (where is_followed) as followed_count,
        count(*) filter (where is_followed and is_closed_in_time) as closed_count
    from requests
    group by all
),

dimensions as (
    select
        coalesce(bool_or(dimension = 'request_type'), false) as by_type,
        coalesce(bool_or(dimension = 'season'), false) as by_season
    from {{ ref('case_mix') }}
    where measure_id = 'requests_closed_by_second_day'
),

-- within one year a season is its period: what is closed in it would be expected of it
seasons as (
    select
        source,
        jurisdiction,
        min(years) as years
    from (
        select
            source,
            jurisdiction,
            season,
            count(distinct year(occurred_on)) as years
        from tallied
        group by all
    ) as counted
    group by all
),

sized as (
    select
        tallied.*,
        dimensions.by_type,
        dimensions.by_season and seasons.years >= {{ rule('case_mix_least_years') }} as by_season,
        sum(tallied.requests_count) over (partition by tallied.source, tallied.jurisdiction, tallied.type_code) as type_count
    from tallied
    cross join dimensions
    inner join seasons on tallied.source = seasons.source and tallied.jurisdiction = seasons.jurisdiction
),

-- rare types, and requests without one, are one kind
kinds as (
    select
        * exclude (type_code, season, by_type, by_season, type_count),
        case when by_type and type_count >= {{ rule('min_stratum_records') }} then type_code end as type_code,
        case when by_season then season end as season
    from sized
),

expected as (
    select
        *,
        sum(closed_count) over kind / nullif(sum(followed_count) over kind, 0) as standard_share
    from kinds
    window kind as (partition by source, jurisdiction, type_code, season)
),

final as (
    select
        * exclude (requests_count, followed_count, closed_count, type_code, season, standard_share),
        {{ without_race() }},
        'case_mix' as stratum_type,
        'expected' as stratum_code,
        sum(requests_count) as requests_count,
        sum(followed_count) as followed_count,
        {{ sum_in_order('coalesce(followed_count * standard_share, 0)') }} as closed_count
    from expected
    group by all
)

select * from final
