-- one row per place, race and age universe: blocks added up to the city, its tracts and its aldermanic districts
with
blocks as (
    select * from {{ ref('stg_census__blocks_2020') }}
),

places as (
    select
        blocks.*,
        unnest([
            { 'geography_type': 'city', 'geography_vintage': 'current', 'geoid': blocks.jurisdiction },
            { 'geography_type': 'tract', 'geography_vintage': '2020', 'geoid': blocks.tract_geoid },
            { 'geography_type': 'aldermanic_district', 'geography_vintage': '2012', 'geoid': blocks.aldermanic_district_geoid }
        ]) as place
    from blocks
),

tabulated as (
    select
        place.geography_type,
        place.geography_vintage,
        place.geoid,
        race_standard,
        race_ethnicity_code,
        age_universe,
        sum(population) as population,
        source
    from places
    group by all
)

select * from tabulated
