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
    union all by name
    select * from {{ ref('int_service_request_case_mix__aggregated') }}
),

periods as (
    {{ by_period('months_and_strata') }}
),

final as (
    {{ counts_of_followed('periods', 'requests_closed_by_second_day', records='requests_count') }}
)

select * from final
