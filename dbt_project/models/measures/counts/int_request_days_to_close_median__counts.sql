-- one row per period and place: the day by which half of the requests are closed
with
months as (
    select * from {{ ref('int_service_requests__aggregated') }}
    where observed_days is not null
),

periods as (
    {{ by_period('months') }}
),

final as (
    {{ median_days(
        'periods', 'request_days_to_close_median',
        events='coalesce(sum(requests_count) filter (is_closed), 0)',
        censored='coalesce(sum(requests_count) filter (not is_closed), 0)', records='requests_count'
    ) }}
)

select * from final
