-- one row per pair of places of two maps and side of the city's limits: the square meters that they share
-- Whole ones, whose sums do not depend on the order in which they are added: the same maps make the same release.
with
parts as (
    select * from {{ ref('int_places__split_at_limits') }}
),

-- a map that is not delivered has no area outside it
maps_of_city as (
    select
        geography_type,
        geography_vintage
    from {{ ref('geography_vintages') }}
    where
        is_city_only
        and (geography_type, geography_vintage) in (select (parts.geography_type, parts.geography_vintage) from parts)
),

areas as (
    select
        parts.geography_type,
        parts.geography_vintage,
        parts.geoid,
        other_parts.geography_type as to_type,
        other_parts.geography_vintage as to_vintage,
        other_parts.geoid as to_geoid,
        parts.is_in_city,
        round(st_area(st_intersection(parts.shape, other_parts.shape))) as amount
    from parts
    inner join parts as other_parts
        on
            st_intersects(parts.shape, other_parts.shape)
            and parts.is_in_city = other_parts.is_in_city
            and (parts.geography_type, parts.geography_vintage) < (other_parts.geography_type, other_parts.geography_vintage)
),

-- the area outside a map of the city is the county beyond its limits, the same for every such map
beyond as (
    select
        parts.geography_type,
        parts.geography_vintage,
        parts.geoid,
        maps_of_city.geography_type as to_type,
        maps_of_city.geography_vintage as to_vintage,
        'outside' as to_geoid,
        false as is_in_city,
        round(st_area(parts.shape)) as amount
    from parts
    cross join maps_of_city
    where not parts.is_in_city
),

outside as (
    select
        maps_of_city.geography_type,
        maps_of_city.geography_vintage,
        'outside' as geoid,
        other_maps.geography_type as to_type,
        other_maps.geography_vintage as to_vintage,
        'outside' as to_geoid,
        false as is_in_city,
        1.0 as amount
    from maps_of_city
    inner join maps_of_city as other_maps
        on (maps_of_city.geography_type, maps_of_city.geography_vintage) < (other_maps.geography_type, other_maps.geography_vintage)
    -- a city without a shape has no outside
    where exists (select beyond.amount from beyond)
),

intersected as (
    select * from areas
    union all
    select * from beyond
    union all
    select * from outside
)

select * from intersected
