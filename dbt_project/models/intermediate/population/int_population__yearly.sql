-- one row per place, July 1, race and age universe: its estimated residents, of the newest vintage; of the county all ages and in groups of
-- five years, by race, of the city all ages together
with
totals as (
    select places.*
    from {{ ref('stg_census__place_populations') }} as places
    inner join {{ ref('stg_receipts__settings') }} as city on places.place_geoid = city.city_geoid
),

estimates as (
    select * from {{ ref('stg_census__population_estimates') }}
),

of_county as (
    select
        {{ jurisdiction_type('estimates.county_geoid') }} as geography_type,
        'current' as geography_vintage,
        estimates.county_geoid as geoid,
        estimates.reference_on,
        estimates.race_standard,
        -- records of deaths have one box for both
        case when estimates.race_ethnicity_code in ('asian', 'nhpi') then 'asian_or_nhpi' else estimates.race_ethnicity_code end
            as race_ethnicity_code,
        -- group 0 is all ages: with the others it would count everyone twice
        ages.age_universe,
        sum(estimates.population) as population,
        cast(null as double) as moe,
        estimates.source
    from estimates
    inner join {{ ref('age_groups') }} as ages on estimates.age_group = ages.age_group
    group by all
),

-- the total of a place is the same in both standards of race
of_city as (
    select
        {{ jurisdiction_type('totals.place_geoid') }} as geography_type,
        'current' as geography_vintage,
        totals.place_geoid as geoid,
        totals.reference_on,
        'spd15_1997' as race_standard,
        'all' as race_ethnicity_code,
        'total' as age_universe,
        totals.population,
        cast(null as double) as moe,
        totals.source
    from totals
),

final as (
    select * from of_county
    union all by name
    select * from of_city
)

select * from final
