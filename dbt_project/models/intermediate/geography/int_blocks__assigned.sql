-- one row per census block and map whose code the block carries: the place in which its people live
with
blocks as (
    select *
    from {{ ref('stg_census__blocks_2020') }}
    where race_ethnicity_code = 'all' and age_universe = 'total'
),

settings as (
    select * from {{ ref('stg_receipts__settings') }}
),

wards as (
    select wards.*
    from {{ ref('ward_districts') }} as wards
    inner join settings on wards.city_geoid = settings.city_geoid
    where wards.ward_vintage = '2021'
),

places as (
    select
        blocks.block_geoid,
        blocks.population,
        unnest([
            { 'geography_type': 'city', 'geography_vintage': 'current', 'geoid': blocks.jurisdiction },
            { 'geography_type': 'tract', 'geography_vintage': '2020', 'geoid': blocks.tract_geoid },
            { 'geography_type': 'aldermanic_district', 'geography_vintage': '2012', 'geoid': blocks.aldermanic_district_geoid },
            {
                'geography_type': 'aldermanic_district',
                'geography_vintage': '2022',
                'geoid': coalesce(wards.aldermanic_district_geoid, 'outside')
            }
        ]) as place
    from blocks
    left join wards on blocks.ward = wards.ward
),

with_places as (
    select
        block_geoid,
        population,
        place.geography_type,
        place.geography_vintage,
        place.geoid
    from places
)

select * from with_places
