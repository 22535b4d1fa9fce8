-- one row per pair of places of two maps and side of the city's limits: the square meters that they share
-- Whole ones, whose sums do not depend on the order in which they are added: the same maps make the same release.
{{ config(materialized='table') }}

with
parts as (
    select * from {{ ref('int_places__parted') }}
),

maps_of_city as (
    select
        geography_type,
        geography_vintage
    from {{ ref('geography_vintages') }}
    where is_city_only
),

areas as (
    select
        parts.geography_type,
        parts.geography_vintage,
        parts.geoid,
        others.geography_type as to_type,
        others.geography_vintage as to_vintage,
        others.geoid as to_geoid,
        parts.is_in_city,
        round(st_area(st_intersection(parts.polygon, others.polygon))) as amount
    from parts
    inner join parts as others
        on
            st_intersects(parts.polygon, others.polygon)
            and parts.is_in_city = others.is_in_city
            and (parts.geography_type, parts.geography_vintage) < (others.geography_type, others.geography_vintage)
),

-- what lies outside a map of the city is the county beyond its limits, the same for every such map
beyond as (
    select
        parts.geography_type,
        parts.geography_vintage,
        parts.geoid,
        maps_of_city.geography_type as to_type,
        maps_of_city.geography_vintage as to_vintage,
        'outside' as to_geoid,
        false as is_in_city,
        round(st_area(parts.polygon)) as amount
    from parts
    cross join maps_of_city
    where not parts.is_in_city
),

outside as (
    select
        maps_of_city.geography_type,
        maps_of_city.geography_vintage,
        'outside' as geoid,
        others.geography_type as to_type,
        others.geography_vintage as to_vintage,
        'outside' as to_geoid,
        false as is_in_city,
        1.0 as amount
    from maps_of_city
    inner join maps_of_city as others
        on (maps_of_city.geography_type, maps_of_city.geography_vintage) < (others.geography_type, others.geography_vintage)
    -- a city without a polygon has no outside
    where exists (select 1 from parts where not parts.is_in_city)
),

intersected as (
    select * from areas
    union all
    select * from beyond
    union all
    select * from outside
)

select * from intersected
