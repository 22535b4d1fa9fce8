-- one row per list of schemes, place or part of it, race and age universe: its people, of each year of a pooled period
with
sets as (
    select distinct population_schemes from {{ ref('int_equity_measures__bases') }}
),

listed as (
    select
        population_schemes,
        unnest(population_schemes) as population_scheme
    from sets
),

schemes as (
    select
        population_schemes,
        population_scheme,
        count(*) as years
    from listed
    group by all
),

populations as (
    select
        population_scheme,
        geography_type,
        geography_vintage,
        geoid,
        cast(null as varchar) as piece_tract_geoid,
        race_standard,
        race_ethnicity_code,
        age_universe,
        population,
        moe,
        population_fit,
        interpolation_cv
    from {{ ref('fct_population') }}
    union all
    select
        population_scheme,
        geography_type,
        geography_vintage,
        geoid,
        tract_geoid as piece_tract_geoid,
        race_standard,
        race_ethnicity_code,
        age_universe,
        population,
        null as moe,
        null as population_fit,
        null as interpolation_cv
    from {{ ref('int_population__by_intersection') }}
    where tract_vintage = '2020'
),

-- A year whose scheme lacks the place leaves the period without residents. One estimate is off alike in all its years, two are not.
final as (
    select
        schemes.population_schemes,
        populations.geography_type,
        populations.geography_vintage,
        populations.geoid,
        populations.piece_tract_geoid,
        populations.race_standard,
        populations.race_ethnicity_code,
        populations.age_universe,
        {{ sum_in_order('populations.population * schemes.years') }} as population,
        case
            when count(*) = 1 then max(populations.moe * schemes.years)
            else sqrt({{ sum_in_order('pow(populations.moe * schemes.years, 2)') }})
        end as moe,
        coalesce(
            max(populations.population_fit) filter (where populations.population_fit = 'estimated_poor'),
            max(populations.population_fit) filter (where populations.population_fit = 'estimated_fair'),
            max(populations.population_fit)
        ) as population_fit,
        max(populations.interpolation_cv) as interpolation_cv
    from schemes
    inner join populations on schemes.population_scheme = populations.population_scheme
    group by all
    having sum(schemes.years) = len(schemes.population_schemes)
)

select * from final
