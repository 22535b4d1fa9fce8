-- one row per list of Qualified Census Tracts and race: residents of the group who live in one, of its residents in the city
with
tracts as (
    select * from {{ ref('qualified_census_tracts') }}
),

lists as (
    select distinct
        city_geoid,
        valid_from
    from tracts
),

counted as (
    select
        population.source,
        lists.city_geoid as jurisdiction,
        lists.valid_from,
        population.race_standard,
        population.race_ethnicity_code,
        {{ sum_in_order('population.population', among='tracts.tract_geoid is not null') }} as qct_residents,
        {{ sum_in_order('population.population') }} as residents
    from {{ ref('fct_population') }} as population
    inner join {{ ref('stg_receipts__settings') }} as city on true
    inner join lists on city.city_geoid = lists.city_geoid
    left join tracts
        on lists.city_geoid = tracts.city_geoid and lists.valid_from = tracts.valid_from and population.geoid = tracts.tract_geoid
    {{ joined_base(
        usual_population(), 'population.age_universe', 'population.geography_type', 'population.race_standard', 'lists.valid_from'
    ) }}
    where
        population.population_scheme = bases.population_scheme
        and population.age_universe = 'total'
        and population.geography_type = 'tract'
        and population.geography_vintage = '2020'
        and population.geoid <> 'outside'
    group by all
),

final as (
    select
        'residents_in_qct_share' as measure_id,
        1 as measure_version,
        source,
        jurisdiction,
        'snapshot' as period_type,
        -- the list's first day; who lives where is as the base of that day has it
        valid_from as period_start,
        valid_from as period_end,
        {{ jurisdiction_place() }},
        race_standard,
        race_ethnicity_code,
        'aggregate' as method,
        {{ without_stratum() }},
        coalesce(qct_residents, 0) as numerator,
        residents as denominator
    from counted
)

select * from final
