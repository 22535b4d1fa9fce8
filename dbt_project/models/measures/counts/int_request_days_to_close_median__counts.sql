-- one row per period and place: the day by which half of the requests are closed
with
months as (
    select * from {{ ref('int_service_requests__aggregated') }}
    where observed_days is not null
),

periods as (
    {{ by_period('months') }}
),

durations as (
    {{ by_place(
        'periods', 'request_days_to_close_median',
        {
            'events_count': 'coalesce(sum(requests_count) filter (is_closed), 0)',
            'censored_count': 'coalesce(sum(requests_count) filter (not is_closed), 0)'
        },
        records='requests_count', also=['observed_days']
    ) }}
),

survival as (
    {{ kaplan_meier_median('durations', 'observed_days') }}
),

final as (
    select
        'request_days_to_close_median' as measure_id,
        1 as measure_version,
        *,
        case when value is null then 'not_observable' else 'computed' end as value_status,
        case when value is null then 'follow_up' end as status_reason
    from survival
)

select * from final
