-- one row per period, neighborhood, race and language: the days within which half of the inputs are answered
with
inputs as (
    select * from {{ ref('int_engagement_inputs__aggregated') }}
),

divided as (
    {{ by_race_and_language('inputs') }}
),

periods as (
    {{ by_period('divided') }}
),

durations as (
    {{ by_place(
        'periods', 'engagement_days_to_answer_median',
        {
            'events_count': 'coalesce(sum(inputs_count) filter (is_answered), 0)',
            'censored_count': 'coalesce(sum(inputs_count) filter (not is_answered), 0)'
        },
        records='inputs_count', also=['observed_days']
    ) }}
),

survival as (
    {{ kaplan_meier_median('durations', 'observed_days') }}
),

final as (
    select
        'engagement_days_to_answer_median' as measure_id,
        1 as measure_version,
        *,
        case when value is null then 'not_observable' else 'computed' end as value_status,
        case when value is null then 'follow_up' end as status_reason
    from survival
)

select * from final
