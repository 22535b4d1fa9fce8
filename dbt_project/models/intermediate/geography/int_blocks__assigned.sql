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

-- the district of a block by its own code, and by its ward
coded as (
    select
        blocks.*,
        coalesce(wards.aldermanic_district_geoid, 'outside') as ward_district_geoid
    from blocks
    left join wards on blocks.ward = wards.ward
),

places as (
    select
        block_geoid,
        population,
        unnest([
            { 'geography_type': 'city', 'geography_vintage': 'current', 'geoid': jurisdiction },
            { 'geography_type': 'tract', 'geography_vintage': '2020', 'geoid': tract_geoid }
            {%- for each in place_types() %}{% for map in each.maps if map.block_code %},
            { 'geography_type': '{{ each.geography_type }}', 'geography_vintage': '{{ map.vintage }}', 'geoid': {{ map.block_code }} }
            {%- endfor %}{% endfor %}
        ]) as place
    from coded
),

-- the codes of blocks are of the lines from before the correction
corrected as (
    select
        maps.geography_type,
        maps.geography_vintage
    from {{ ref('geography_vintages') }} as maps
    inner join {{ ref('stg_receipts__corrected_maps') }} as accepted on maps.boundary_source = accepted.source
),

separate as (
    select
        block_geoid,
        population,
        place.geography_type,
        place.geography_vintage,
        place.geoid
    from places
),

with_places as (
    select separate.*
    from separate
    left join corrected
        on separate.geography_type = corrected.geography_type and separate.geography_vintage = corrected.geography_vintage
    where corrected.geography_type is null
)

select * from with_places
