-- one row per place, July 1, race and age universe: its estimated residents, of the newest vintage, all ages and in groups of five years
with
estimates as (
    select * from {{ ref('stg_census__population_estimates') }}
),

final as (
    select
        {{ jurisdiction_type('county_geoid') }} as geography_type,
        'current' as geography_vintage,
        county_geoid as geoid,
        reference_on,
        race_standard,
        -- records of deaths have one box for both
        case when race_ethnicity_code in ('asian', 'nhpi') then 'asian_or_nhpi' else race_ethnicity_code end as race_ethnicity_code,
        -- group 0 is all ages: with the others it would count everyone twice
        {{ age_universe_of('age_group') }} as age_universe,
        sum(population) as population,
        cast(null as double) as moe,
        source
    from estimates
    group by all
)

select * from final
