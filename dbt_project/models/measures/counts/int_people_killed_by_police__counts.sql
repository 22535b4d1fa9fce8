-- one row per group: people killed in the city in the whole period of the register, which begins on a fixed day and ends with the release
-- Until the window of a new release is closed, the one that was published before stays: a newer register contains its records.
with
deaths as (
    select
        register.source,
        register.jurisdiction,
        'city' as geography_type,
        'current' as geography_vintage,
        register.city_geoid as geoid,
        'multi_year' as period_type,
        register.period_start,
        coalesce(kept.period_end, register.period_end) as period_end,
        register.race_standard,
        register.race_ethnicity_code
    from {{ ref('fct_fatal_shootings') }} as register
    left join {{ ref('stg_receipts__kept_windows') }} as kept
        on kept.measure_id = 'people_killed_by_police' and register.period_start = kept.period_start
    where register.city_geoid <> 'outside' and coalesce(register.occurred_on <= kept.period_end, true)
),

counted as (
    select
        *,
        count(*) as deaths_count
    from deaths
    group by all
),

with_all as (
    select * from counted
    union all by name
    select
        * exclude (race_ethnicity_code, deaths_count),
        'all' as race_ethnicity_code,
        sum(deaths_count) as deaths_count
    from counted
    group by all
),

final as (
    select
        'people_killed_by_police' as measure_id,
        1 as measure_version,
        * exclude (deaths_count),
        'exclusive' as tabulation,
        'individual' as method,
        {{ without_stratum() }},
        'computed' as value_status,
        cast(null as varchar) as status_reason,
        cast(deaths_count as double) as numerator
    from with_all
)

select * from final
