-- one row per measure, window of whole years, race and adjustment: deaths by place of death, to be divided by the residents of the county
with
by_age as (
    select * from {{ ref('int_deaths_investigated__cells') }}
),

crude as (
    select
        * exclude (age_group, population, deaths_count, standard_population),
        'all' as stratum_type,
        'all' as stratum_code,
        cast(sum(deaths_count) as double) as numerator,
        cast(sum(deaths_count) as double) as records_count
    from by_age
    group by all
),

united as (
    select * from crude
    union all by name
    select * from {{ ref('int_deaths_investigated__adjusted') }}
),

slices as (
    select distinct
        measure_id,
        source,
        jurisdiction,
        race_standard,
        period_type,
        period_start,
        period_end,
        stratum_type,
        stratum_code
    from united
),

-- the two groups of the combined box have no row of their own, and none of them is zero
with_parts as (
    select * from united
    union all by name
    select
        slices.*,
        parts.race_ethnicity_code,
        'not_collected' as value_status,
        'not_in_vocabulary' as status_reason
    from slices
    cross join (values ('asian'), ('nhpi')) as parts (race_ethnicity_code)
),

final as (
    select
        *,
        1 as measure_version,
        {{ jurisdiction_place() }},
        'exclusive' as tabulation,
        'individual' as method
    from with_parts
)

select * from final
