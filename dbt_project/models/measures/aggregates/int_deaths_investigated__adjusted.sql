-- one row per measure, window of whole years and race: the rate adjusted for age, by the standard of the rule age_standard; below
-- value_minimums no value of it is reliable or public
with
standard_groups as (
    select
        standards.stratum_code,
        count(*) as groups_count
    from {{ ref('stg_seer__standard_population') }} as people
    inner join {{ ref('age_standards') }} as standards on people.standard = standards.standard
    where standards.age_standard = {{ rule('age_standard') }}
    group by all
),

by_age as (
    select
        cells.*,
        complete.stratum_code,
        complete.groups_count
    from {{ ref('int_deaths_investigated__cells') }} as cells
    cross join standard_groups as complete
),

standardised as (
    select
        * exclude (age_group, population, deaths_count, standard_population, groups_count),
        'adjustment' as stratum_type,
        cast(sum(deaths_count) as double) as records_count,
        list(cast(deaths_count as double) order by age_group) as events,
        list(population order by age_group) as populations,
        list(standard_population order by age_group) as standard_populations
    from by_age
    where population > 0 and standard_population is not null
    group by all
    -- a standard that has other groups than the residents is none
    having count(*) = max(groups_count)
),

limited as (
    select
        *,
        {{ unit_factor("'per_100000'") }} as factor,
        list_transform(
            list_zip(standard_populations, populations), lambda pair: factor * pair[1] / list_sum(standard_populations) / pair[2]
        ) as weights,
        {{ stats('age_adjusted_rate_ci') }}(events, populations, standard_populations, {{ rule('confidence') }}) as limits,
        {{ rule('adjusted_rate_digits') }} as digits
    from standardised
),

-- With all of its decimals a rate of ten deaths is the sum of one set of ages only. How far it is rounded follows from the residents.
rounded as (
    select
        *,
        cast(digits - floor(log10(list_avg(weights))) as integer) as decimals,
        pow(10, decimals) as steps
    from limited
),

valued as (
    select
        *,
        round(list_dot_product(events, weights), decimals) as value,
        -- limits are the sum of the squares: with as many digits as the value they narrow the ages down
        floor(factor * limits.low * steps / 10) / (steps / 10) as ci_low,
        ceil(factor * limits.high * steps / 10) / (steps / 10) as ci_high,
        'fay_feuer_tiwari' as interval_method
    from rounded
),

adjusted as (
    select
        valued.measure_id,
        valued.source,
        valued.jurisdiction,
        valued.race_standard,
        valued.period_type,
        valued.period_start,
        valued.period_end,
        valued.race_ethnicity_code,
        valued.stratum_type,
        valued.stratum_code,
        valued.records_count,
        valued.value,
        valued.ci_low,
        valued.ci_high,
        valued.interval_method
    from valued
)

select * from adjusted
