-- one row per place, race and age universe: residents of the group in the 2020 census
{%- set counted_types = ['city', 'aldermanic_district', 'police_district', 'neighborhood', 'tract'] %}
with
residents as (
    select
        population.source,
        city.city_geoid as jurisdiction,
        schemes.reference_on as period_start,
        schemes.reference_on as period_end,
        population.geography_type,
        population.geography_vintage,
        population.geoid,
        population.race_standard,
        population.race_ethnicity_code,
        case when population.age_universe = 'total' then 'all' else 'age_universe' end as stratum_type,
        case when population.age_universe = 'total' then 'all' else population.age_universe end as stratum_code,
        -- a part that is the whole may be a last digit above it
        least(population.population, everybody.population) as numerator,
        everybody.population as denominator,
        population.population_fit,
        -- everybody is all of everybody
        case when population.race_ethnicity_code <> 'all' then interpolated.share_error end as share_error
    from {{ ref('fct_population') }} as population
    cross join {{ ref('stg_receipts__settings') }} as city
    inner join {{ ref('population_schemes') }} as schemes on population.population_scheme = schemes.population_scheme
    inner join {{ ref('fct_population') }} as everybody
        on
            population.population_scheme = everybody.population_scheme
            and population.geography_type = everybody.geography_type
            and population.geography_vintage = everybody.geography_vintage
            and population.geoid = everybody.geoid
            and population.race_standard = everybody.race_standard
            and population.age_universe = everybody.age_universe
            and everybody.race_ethnicity_code = 'all'
    left join {{ ref('int_population__interpolated') }} as interpolated
        on
            population.population_scheme = interpolated.population_scheme
            and population.geography_type = interpolated.geography_type
            and population.geography_vintage = interpolated.geography_vintage
            and population.geoid = interpolated.geoid
            and population.race_standard = interpolated.race_standard
            and population.race_ethnicity_code = interpolated.race_ethnicity_code
            and population.age_universe = interpolated.age_universe
    where
        population.population_scheme = 'pl_2020'
        and population.geography_type in ({{ equivalent_type_names(counted_types) }})
        and not (population.geography_type = 'tract' and population.geography_vintage = '2010')
),

final as (
    select
        'population_by_race' as measure_id,
        1 as measure_version,
        * exclude (share_error),
        {{ interpolated_share_limits('numerator / nullif(denominator, 0)', 'share_error') }},
        'snapshot' as period_type,
        'aggregate' as method
    from residents
)

select * from final
