-- one row per period, place and language: interpreters who were asked for and there, of those asked for at an event
with
asked as (
    select
        source,
        jurisdiction,
        cast(date_trunc('month', occurred_on) as date) as occurred_on,
        {{ piece_columns() }},
        {{ without_race() }},
        unnest(interpreters_asked) as language_code,
        list_contains(interpreters_given, language_code) as is_met
    from {{ ref('fct_engagement_events') }}
),

-- every language together, and each of those that are known
divided as (
    {{ by_race_and_language('asked', with_races=false) }}
),

periods as (
    {{ by_period('divided') }}
),

with_place as (
    {{ by_place(
        'periods', 'engagement_interpreter_need_met_share',
        {'numerator': 'cast(count(*) filter (is_met) as double)', 'denominator': 'cast(count(*) as double)'}, records='1'
    ) }}
),

final as (
    select
        'engagement_interpreter_need_met_share' as measure_id,
        1 as measure_version,
        *
    from with_place
)

select * from final
