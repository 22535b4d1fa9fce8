-- one row per place and side of the city's limits on which it lies, with the part of its area and the polygon in square meters
{{ config(materialized='table') }}

with
places as (
    select
        places.geography_type,
        places.geography_vintage,
        places.geoid,
        vintages.is_city_only,
        {{ to_equal_area('places.geometry') }} as polygon
    from {{ ref('int_places__bounded') }} as places
    inner join {{ ref('geography_vintages') }} as vintages
        on places.geography_type = vintages.geography_type and places.geography_vintage = vintages.geography_vintage
),

city as (
    select {{ united_geometry('polygon') }} as polygon from places where geography_type = 'city'
),

shares as (
    select
        places.*,
        case when places.is_city_only then 1 else coalesce(st_area(st_intersection(places.polygon, city.polygon)) / st_area(places.polygon), 1) end
            as city_share
    from places
    cross join city
),

-- Lines of two maps never run quite alike: what lies within 5 % of one side lies on that side. The tracts say so: of the 59 that
-- the city's limits cut off by a sliver, all but one are more than 95 % in the city, and their ACS totals are their city blocks'.
sided as (
    select
        * exclude (city_share),
        unnest([
            { 'is_in_city': true, 'part_share': case when city_share >= 0.95 then 1 when city_share > 0.05 then city_share else 0 end },
            { 'is_in_city': false, 'part_share': case when city_share >= 0.95 then 0 when city_share > 0.05 then 1 - city_share else 1 end }
        ], recursive := true)
    from shares
),

parts as (
    select
        sided.geography_type,
        sided.geography_vintage,
        sided.geoid,
        sided.is_in_city,
        sided.part_share,
        case
            when sided.part_share = 1 then sided.polygon
            when sided.is_in_city then st_intersection(sided.polygon, city.polygon)
            else st_difference(sided.polygon, city.polygon)
        end as polygon
    from sided
    cross join city
    where sided.part_share > 0
)

select * from parts
