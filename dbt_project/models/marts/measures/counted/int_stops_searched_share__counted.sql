-- one row per period and perceived race: stopped persons who were searched, of those with an answer to the search question
with
days as (
    select
        source,
        jurisdiction,
        occurred_on,
        race_standard,
        race_ethnicity_code,
        count(*) filter (where is_person_searched) as searched_count,
        count(*) filter (where is_person_searched is not null) as answered_count
    from {{ ref('fct_police_stops') }}
    group by all
),

days_and_all as (
    {{ and_all_races('days') }}
),

periods as (
    {{ by_period('days_and_all') }}
),

final as (
    select
        'stops_searched_share' as measure_id,
        1 as measure_version,
        source,
        jurisdiction,
        period_type,
        period_start,
        period_end,
        {{ jurisdiction_place() }},
        race_standard,
        race_ethnicity_code,
        'exclusive' as tabulation,
        'individual' as method,
        'all' as stratum_type,
        'all' as stratum_code,
        'computed' as value_status,
        cast(null as varchar) as status_reason,
        cast(sum(searched_count) as double) as numerator,
        cast(sum(answered_count) as double) as denominator
    from periods
    group by all
)

select * from final
