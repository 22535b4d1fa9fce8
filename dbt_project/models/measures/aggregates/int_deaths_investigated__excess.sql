-- one row per measure, window of whole years and race: deaths a year above those that the rates by age of the reference group would mean
-- Whole people: a sum over ages that no row shows is true of many ages when it is rounded. Deaths of unknown age are in neither part.
with
by_age as (
    select
        cells.*,
        measures.reference_code
    from {{ ref('int_deaths_investigated__cells') }} as cells
    inner join {{ ref('dim_measure') }} as measures on cells.measure_id = measures.measure_id and measures.is_current
    where measures.reference_rule = 'fixed' and cells.population > 0 and cells.standard_population is not null
),

-- the group's people are the standard to which the reference is adjusted: Σ D_a r0a
compared as (
    select
        own.measure_id,
        own.jurisdiction,
        own.race_standard,
        own.period_type,
        own.period_start,
        own.period_end,
        own.race_ethnicity_code,
        own.reference_code,
        sum(own.deaths_count) as deaths_count,
        sum(own.population) as person_years,
        list(cast(reference.deaths_count as double) order by own.age_group) as reference_events,
        list(reference.population order by own.age_group) as reference_populations,
        list(own.population order by own.age_group) as populations
    from by_age as own
    inner join by_age as reference
        on
            {{ same_columns('own', 'reference', [
                'measure_id', 'jurisdiction', 'race_standard', 'period_type', 'period_start', 'period_end', 'age_group',
            ]) }}
            and own.reference_code = reference.race_ethnicity_code
    where own.race_ethnicity_code <> own.reference_code
    group by all
),

limited as (
    select
        *,
        {{ stats('rate_ci') }}(deaths_count, 1, {{ rule('confidence') }}) as own_limits,
        {{ stats('age_adjusted_rate_ci') }}(reference_events, reference_populations, populations, {{ rule('confidence') }})
            as reference_limits,
        list_dot_product(reference_events, list_transform(list_zip(populations, reference_populations), lambda pair: pair[1] / pair[2]))
            as expected_count,
        year(period_end) - year(period_start) + 1 as years
    from compared
),

-- the variances of both parts, recovered from their limits (MOVER: Zou and Donner 2008, Stat Med 27:1693)
final as (
    select
        measure_id,
        jurisdiction,
        race_standard,
        period_type,
        period_start,
        race_ethnicity_code,
        reference_code,
        round((deaths_count - expected_count) / years) as excess,
        round((
            deaths_count - expected_count
            - sqrt(pow(deaths_count - own_limits.low, 2) + pow(person_years * reference_limits.high - expected_count, 2))
        ) / years) as excess_low,
        round((
            deaths_count - expected_count
            + sqrt(pow(own_limits.high - deaths_count, 2) + pow(expected_count - person_years * reference_limits.low, 2))
        ) / years) as excess_high
    from limited
    where own_limits is not null and reference_limits is not null
)

select * from final
