-- one row per period and perceived race: stopped persons of the group; the whole is row `all`
with
days as (
    select
        source,
        jurisdiction,
        occurred_on,
        race_standard,
        race_ethnicity_code,
        count(*) as stops_count
    from {{ ref('fct_police_stops') }}
    group by all
),

days_and_all as (
    {{ and_all_races('days') }}
),

periods as (
    {{ by_period('days_and_all') }}
),

counted as (
    select
        * exclude (occurred_on, stops_count),
        sum(stops_count) as stops_count
    from periods
    group by all
),

final as (
    select
        'stops_by_race' as measure_id,
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
        cast(stops_count as double) as numerator,
        cast(max(stops_count) filter (where race_ethnicity_code = 'all') over whole as double) as denominator
    from counted
    window whole as (partition by jurisdiction, race_standard, period_type, period_start)
)

select * from final
