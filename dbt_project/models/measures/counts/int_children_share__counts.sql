-- one row per place and race: residents under 18 of the group, of its residents of all ages
with
residents as (
    select
        population.source,
        city.city_geoid as jurisdiction,
        schemes.reference_on,
        population.geography_type,
        population.geography_vintage,
        population.geoid,
        population.race_standard,
        population.race_ethnicity_code,
        population.population,
        population.population_fit,
        adults.population as adults,
        interpolated.children_share_error
    from {{ ref('fct_population') }} as population
    cross join {{ ref('stg_receipts__settings') }} as city
    inner join {{ ref('population_schemes') }} as schemes on population.population_scheme = schemes.population_scheme
    inner join {{ ref('fct_population') }} as adults
        on
            population.population_scheme = adults.population_scheme
            and population.geography_type = adults.geography_type
            and population.geography_vintage = adults.geography_vintage
            and population.geoid = adults.geoid
            and population.race_standard = adults.race_standard
            and population.race_ethnicity_code = adults.race_ethnicity_code
            and adults.age_universe = '18_and_over'
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
        and population.age_universe = 'total'
        and population.geography_type in ({{ equivalent_type_names(['city', 'aldermanic_district', 'police_district']) }})
),

final as (
    select
        'children_share' as measure_id,
        1 as measure_version,
        source,
        jurisdiction,
        'snapshot' as period_type,
        reference_on as period_start,
        reference_on as period_end,
        geography_type,
        geography_vintage,
        geoid,
        race_standard,
        race_ethnicity_code,
        'aggregate' as method,
        {{ without_stratum() }},
        -- moved people may be a last digit beyond all of them
        greatest(population - adults, 0) as numerator,
        population as denominator,
        population_fit,
        {{ interpolated_share_limits('numerator / nullif(denominator, 0)', 'children_share_error') }}
    from residents
)

select * from final
