-- one row per snapshot and race: positions held by members of the group, to be divided by those of it in the city's labor force
with
-- Form EEO-4 has one box for Asian and Pacific Islander, and the labor force is counted by it: people whom a record
-- distinguishes are in that box.
positions as (
    select
        source,
        jurisdiction,
        occurred_on,
        'spd15_1997' as race_standard,
        case
            when race_ethnicity_code_1997 in ('asian', 'nhpi') then 'asian_or_nhpi'
            else race_ethnicity_code_1997
        end as race_ethnicity_code,
        race_standard = 'spd15_2024' as bridged,
        count(*) as positions_count
    from {{ counted_events('fct_employees') }}
    group by all
),

positions_and_all as (
    {{ and_all_races('positions') }}
),

counted as (
    select
        * exclude (positions_count, bridged),
        bool_or(bridged) as bridged,
        cast(sum(positions_count) as double) as numerator
    from positions_and_all
    group by all
),

-- the two that the box does not tell apart are no zeros
unknown_race as (
    select distinct
        * exclude (race_ethnicity_code, numerator),
        unnest(['asian', 'nhpi']) as race_ethnicity_code,
        cast(null as double) as numerator
    from counted
    where race_ethnicity_code = 'all'
),

united as (
    select * from counted
    union all by name
    select * from unknown_race
),

final as (
    select
        'positions_per_1000_labor_force' as measure_id,
        1 as measure_version,
        source,
        jurisdiction,
        {{ snapshot_of_jurisdiction() }},
        race_standard,
        race_ethnicity_code,
        'individual' as method,
        {{ without_stratum() }},
        bridged,
        case when numerator is null then 'no_denominator' end as value_status,
        case when numerator is null then 'scheme' end as status_reason,
        numerator
    from united
)

select * from final
