{#
    Residents of a census in each place of these types, by group and age universe: on the day of the census, with the errors of
    the shares of people who are moved from tracts to the place (int_population__interpolated).
#}
{% macro census_residents(geography_types) -%}
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
        population.age_universe,
        population.population,
        population.population_fit,
        interpolated.share_error,
        interpolated.children_share_error
    from {{ ref('fct_population') }} as population
    cross join {{ ref('stg_receipts__settings') }} as city
    inner join {{ ref('population_schemes') }} as schemes on population.population_scheme = schemes.population_scheme
    left join {{ ref('int_population__interpolated') }} as interpolated
        on {{ same_columns('population', 'interpolated', [
            'population_scheme', 'geography_type', 'geography_vintage', 'geoid', 'race_standard', 'race_ethnicity_code', 'age_universe',
        ]) }}
    where
        population.source = 'census__blocks_2020'
        and population.geography_type in ({{ equivalent_type_names(geography_types) }})
{%- endmacro %}
