-- one row per month, neighborhood, race, language and result: inputs, the days until residents were informed, and how
with
followed as (
    {{ inputs_with_answers() }}
),

final as (
    select
        {{ month_and_place() }},
        race_standard,
        race_ethnicity_code,
        language_code,
        is_answered,
        greatest(date_diff('day', occurred_on, case when is_answered then told_on else follow_up_end end), 0) as observed_days,
        date_diff('day', occurred_on, follow_up_end) >= {{ rule('engagement_answer_days') }} as is_followed,
        is_answered and date_diff('day', occurred_on, told_on) <= {{ rule('engagement_answer_days') }} as is_answered_in_time,
        is_answered and list_contains(told_language_codes, language_code) as is_in_its_language,
        is_answered and answer_code = 'declined' as is_declined,
        is_answered and answer_code = 'declined' and declined_reason_code not in ('not_collected', 'not_mapped') as has_reason,
        count(*) as inputs_count
    from followed
    group by all
)

select * from final
