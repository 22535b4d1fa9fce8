-- one row per wave, race and item, and per way in which it was answered: satisfied answers, of the ratings; an item whose wording or
-- direction is not confirmed has one row without a figure
{%- set of_group = [
    'source', 'jurisdiction', 'period_start', 'period_end', 'race_standard', 'race_ethnicity_set', 'race_ethnicity_code',
] %}
with
ratings as (
    select * from {{ ref('fct_survey_answers') }}
    where is_rating
),

modes as (
    select stratum_code from {{ ref('strata') }}
    where stratum_type = 'survey_mode'
),

answers as (
    select
        {{ of_group | join(', ') }},
        unnest(['survey_item', 'survey_item_mode']) as stratum_type,
        unnest([item, concat(item, '/', survey_mode_code)]) as stratum_code,
        case direction when 'lower' then answer <= 2 else answer >= 4 end as is_satisfied
    from ratings
    where is_confirmed and answer between 1 and 5 and survey_mode_code is not null
),

counts as (
    select
        {{ of_group | join(', ') }},
        stratum_type,
        stratum_code,
        count(*) filter (where is_satisfied) as satisfied_count,
        count(*) as answers_count
    from answers
    -- a mode that is empty or not mapped has no rows of its own; its answers count in those of the item
    where stratum_type = 'survey_item' or split_part(stratum_code, '/', 2) in (select modes.stratum_code from modes)
    group by all
),

tabulated as (
    {{ exclusive_and_alone_or_in_combination('counts') }}
),

summed as (
    select
        * exclude (satisfied_count, answers_count),
        'computed' as value_status,
        cast(null as varchar) as status_reason,
        sum(satisfied_count) as numerator,
        sum(answers_count) as denominator
    from tabulated
    group by all
),

unconfirmed as (
    select distinct
        source,
        jurisdiction,
        period_start,
        period_end,
        race_standard,
        'all' as race_ethnicity_code,
        'exclusive' as tabulation,
        'survey_item' as stratum_type,
        item as stratum_code,
        'not_observable' as value_status,
        'wording_not_confirmed' as status_reason
    from ratings
    where not is_confirmed
),

united as (
    select * from summed
    union all by name
    select * from unconfirmed
),

final as (
    select
        'survey_satisfied_share' as measure_id,
        2 as measure_version,
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
        value_status,
        status_reason,
        numerator,
        denominator
    from united
)

select * from final
