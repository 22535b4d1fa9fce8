-- one row per period, place and language: interpreters who were asked for and there, of those asked for at an event
with
asked as (
    select
        {{ month_and_place() }},
        {{ without_race() }},
        unnest(interpreters_asked) as language_code,
        list_contains(interpreters_given, language_code) as is_met
    from {{ counted_events('fct_engagement_events') }}
),

-- every language together, and each of those that are known
divided as (
    {{ by_race_and_language('asked', with_races=false) }}
),

periods as (
    {{ by_period('divided') }}
),

final as (
    {{ counts_by_place(
        'periods', 'engagement_interpreter_need_met_share',
        {'numerator': 'cast(count(*) filter (is_met) as double)', 'denominator': 'cast(count(*) as double)'}, records='1'
    ) }}
)

select * from final
