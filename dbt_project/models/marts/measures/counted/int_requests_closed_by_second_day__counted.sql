-- one row per period: requests closed at most two days after they were made, of those followed for two days
with
requests as (
    select
        *,
        followed_until_at >= service_request_at + interval 2 days as is_followed,
        closed_at <= service_request_at + interval 2 days as is_closed_in_time
    from {{ ref('fct_service_requests') }}
),

days as (
    select
        source,
        jurisdiction,
        occurred_on,
        count(*) filter (where is_followed) as followed_count,
        count(*) filter (where is_followed and is_closed_in_time) as closed_count
    from requests
    group by all
),

periods as (
    {{ by_period('days') }}
),

counted as (
    select
        source,
        jurisdiction,
        period_type,
        period_start,
        period_end,
        sum(closed_count) as numerator,
        sum(followed_count) as denominator
    from periods
    group by all
),

final as (
    select
        'requests_closed_by_second_day' as measure_id,
        1 as measure_version,
        source,
        jurisdiction,
        period_type,
        period_start,
        period_end,
        {{ jurisdiction_place() }},
        -- no race on the records; the standard is the one of the populations that such a row stands beside
        'spd15_1997' as race_standard,
        'all' as race_ethnicity_code,
        'exclusive' as tabulation,
        'individual' as method,
        'all' as stratum_type,
        'all' as stratum_code,
        -- nobody has been followed to the second day: the feed ends before it, or the contract promises less
        case when denominator = 0 then 'not_observable' else 'computed' end as value_status,
        case when denominator = 0 then 'follow_up' end as status_reason,
        cast(numerator as double) as numerator,
        cast(denominator as double) as denominator
    from counted
)

select * from final
