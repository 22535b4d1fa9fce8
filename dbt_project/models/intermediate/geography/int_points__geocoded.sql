-- one row per usable point and span of days in which one aldermanic map holds, with the places that facts carry
{{ config(meta={'row_by_row': true, 'looked_up': true}) }}
with
located as (
    select
        located.*,
        vintages.valid_to is null as is_newest
    from {{ ref('int_points__located') }} as located
    inner join {{ ref('geography_vintages') }} as vintages
        on located.geography_type = vintages.geography_type and located.geography_vintage = vintages.geography_vintage
),

maps_of_districts as (
    {{ aldermanic_maps() }}
),

points as (
    select
        longitude,
        latitude,
        max(geoid) filter (where geography_type = 'tract' and is_newest) as tract_geoid,
        max(geoid) filter (where geography_type = 'police_district' and is_newest) as police_district_geoid,
        max(geoid) filter (where geography_type = 'neighborhood' and is_newest) as neighborhood_geoid,
        max(geoid) filter (where geography_type = 'zcta' and is_newest) as zcta_geoid,
        map(
            list(geography_vintage) filter (where geography_type = 'aldermanic_district'),
            list(geoid) filter (where geography_type = 'aldermanic_district')
        ) as districts
    from located
    group by all
),

with_places as (
    select
        points.longitude,
        points.latitude,
        maps_of_districts.valid_from,
        maps_of_districts.valid_to,
        points.tract_geoid,
        points.districts[maps_of_districts.geography_vintage] as aldermanic_district_geoid,
        maps_of_districts.geography_vintage as aldermanic_district_vintage,
        points.police_district_geoid,
        points.neighborhood_geoid,
        points.zcta_geoid
    from points
    cross join maps_of_districts
)

select * from with_places
