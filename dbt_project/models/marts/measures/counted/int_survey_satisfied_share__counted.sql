-- one row per wave, race and item, and per way in which it was answered: answers of 4 or 5, of those from 1 to 5
with
answers as (
    select
        source,
        jurisdiction,
        period_start,
        period_end,
        race_standard,
        race_ethnicity_set,
        race_ethnicity_code,
        unnest(['survey_item', 'survey_item_mode']) as stratum_type,
        unnest([item, concat(item, '/', survey_mode_code)]) as stratum_code,
        answer >= 4 as is_satisfied
    from {{ ref('fct_survey_answers') }}
    where is_rating and answer between 1 and 5 and survey_mode_code is not null
),

counts as (
    select
        source,
        jurisdiction,
        period_start,
        period_end,
        race_standard,
        race_ethnicity_set,
        race_ethnicity_code,
        stratum_type,
        stratum_code,
        count(*) filter (where is_satisfied) as satisfied_count,
        count(*) as answers_count
    from answers
    group by all
),

tabulated as (
    {{ exclusive_and_alone_or_in_combination('counts') }}
),

final as (
    select
        'survey_satisfied_share' as measure_id,
        1 as measure_version,
        source,
        jurisdiction,
        'snapshot' as period_type,
        period_start,
        period_end,
        {{ jurisdiction_place() }},
        race_standard,
        race_ethnicity_code,
        tabulation,
        'individual' as method,
        stratum_type,
        stratum_code,
        sum(satisfied_count) as numerator,
        sum(answers_count) as denominator
    from tabulated
    group by all
)

select * from final
