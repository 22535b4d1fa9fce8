-- one row per snapshot and race: positions held by members of the group; the whole is row `all`
with
positions as (
    select
        source,
        jurisdiction,
        occurred_on,
        race_standard,
        race_ethnicity_code,
        count(*) as positions_count
    from {{ counted_events('fct_employees') }}
    group by all
),

positions_and_all as (
    {{ and_all_races('positions') }}
),

counted as (
    select
        * exclude (positions_count),
        sum(positions_count) as positions_count
    from positions_and_all
    group by all
),

final as (
    select
        'workforce_composition' as measure_id,
        1 as measure_version,
        source,
        jurisdiction,
        {{ snapshot_of_jurisdiction() }},
        race_standard,
        race_ethnicity_code,
        'exclusive' as tabulation,
        'individual' as method,
        'all' as stratum_type,
        'all' as stratum_code,
        'computed' as value_status,
        cast(null as varchar) as status_reason,
        cast(positions_count as double) as numerator,
        cast(max(positions_count) filter (where race_ethnicity_code = 'all') over whole as double) as denominator
    from counted
    window whole as (partition by jurisdiction, race_standard, occurred_on)
)

select * from final
