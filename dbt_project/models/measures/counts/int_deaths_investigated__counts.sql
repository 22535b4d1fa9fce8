-- one row per measure, window of whole years, race and adjustment: deaths by place of death over the residents of the county
with
by_age as (
    select * from {{ ref('int_deaths_investigated__by_age') }}
),

crude as (
    select
        * exclude (age_group, population, deaths_count, standard_population),
        'all' as stratum_type,
        'all' as stratum_code,
        cast(sum(deaths_count) as double) as numerator,
        sum(population) as denominator
    from by_age
    group by all
),

standardised as (
    select
        * exclude (age_group, population, deaths_count, standard_population),
        'adjustment' as stratum_type,
        'us2000' as stratum_code,
        sum(deaths_count) as records_count,
        list(cast(deaths_count as double) order by age_group) as events,
        list(population order by age_group) as populations,
        list(standard_population order by age_group) as standard_populations
    from by_age
    where population > 0 and standard_population is not null
    group by all
    -- a standard that has other groups than the residents is none
    having count(*) = (select count(*) from {{ ref('stg_seer__standard_population') }} where standard = 's200')
),

adjusted as (
    select
        * exclude (events, populations, standard_populations, limits),
        {{ unit_factor("'per_100000'") }}
        * list_dot_product(events, list_transform(standard_populations, lambda w, i: w / populations[i]))
        / list_sum(standard_populations) as value,
        {{ unit_factor("'per_100000'") }} * limits.low as ci_low,
        {{ unit_factor("'per_100000'") }} * limits.high as ci_high,
        'fay_feuer_tiwari' as interval_method
    from (
        select
            *,
            {{ stats('age_adjusted_rate_ci') }}(events, populations, standard_populations, {{ rule('confidence') }}) as limits
        from standardised
    )
),

united as (
    select * from crude
    union all by name
    select * from adjusted
),

-- the two groups of the combined box have no row of their own, and none of them is zero
without_parts as (
    select * from united
    union all by name
    select distinct
        united.* exclude (race_ethnicity_code, numerator, denominator, value, ci_low, ci_high, interval_method, records_count),
        parts.race_ethnicity_code,
        'not_collected' as value_status,
        'not_in_vocabulary' as status_reason
    from united
    cross join (values ('asian'), ('nhpi')) as parts (race_ethnicity_code)
),

final as (
    select
        without_parts.* replace (
            case
                when coalesce(numerator, records_count) < {{ rule('min_events_value') }} then 'not_observable'
                else coalesce(value_status, 'computed')
            end as value_status,
            case
                when coalesce(numerator, records_count) < {{ rule('min_events_value') }} then 'few_events' else status_reason
            end as status_reason
        ),
        1 as measure_version,
        {{ jurisdiction_place() }},
        'exclusive' as tabulation,
        'individual' as method
    from without_parts
)

select * from final
