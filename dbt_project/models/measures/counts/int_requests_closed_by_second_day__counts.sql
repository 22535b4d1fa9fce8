-- one row per period, place, type and weekday: requests closed at most two days after they were made, of those followed for two days
with
-- days to closing are not disaggregated here, so that a hundredth of the rows is spread over periods and places
months as (
    select
        * exclude (is_closed, observed_days, requests_count, followed_count, closed_count),
        sum(requests_count) as requests_count,
        sum(followed_count) as followed_count,
        sum(closed_count) as closed_count
    from {{ ref('int_service_requests__aggregated') }}
    group by all
),

-- requests by type and by weekday are counted city-wide only: a district has few of a type
months_and_strata as (
    select * from months
    union all by name
    select * from {{ ref('int_service_request_strata__aggregated') }}
),

periods as (
    {{ by_period('months_and_strata') }}
),

with_place as (
    {{ by_place(
        'periods', 'requests_closed_by_second_day',
        {'numerator': 'sum(closed_count)', 'denominator': 'sum(followed_count)'}, records='requests_count'
    ) }}
),

final as (
    select
        'requests_closed_by_second_day' as measure_id,
        1 as measure_version,
        *,
        -- no request has been followed to the second day: the feed ends before it, or the contract promises less
        case when denominator = 0 then 'not_observable' else 'computed' end as value_status,
        case when denominator = 0 then 'follow_up' end as status_reason
    from with_place
)

select * from final
