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

final as (
    {{ median_days(
        'periods', 'engagement_days_to_answer_median',
        events='coalesce(sum(inputs_count) filter (is_answered), 0)',
        censored='coalesce(sum(inputs_count) filter (not is_answered), 0)', records='inputs_count', of_persons=true
    ) }}
)

select * from final
