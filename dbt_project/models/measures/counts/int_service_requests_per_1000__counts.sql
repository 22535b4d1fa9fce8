-- one row per period and place: requests
with
-- summed over days to closing, so that a hundredth of the rows is joined to periods and places
months as (
    select
        * exclude (is_closed, observed_days, requests_count, followed_count, closed_count),
        sum(requests_count) as requests_count
    from {{ ref('int_service_requests__aggregated') }}
    group by all
),

periods as (
    {{ by_period('months') }}
),

final as (
    {{ counts_by_place('periods', 'service_requests_per_1000', {'numerator': 'sum(requests_count)'}, records='requests_count') }}
)

select * from final
