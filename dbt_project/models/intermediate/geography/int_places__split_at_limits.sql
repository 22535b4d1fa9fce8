-- one row per place and side of the city's limits, with the part of its area and the shape in square meters
with
places as (
    select
        places.geography_type,
        places.geography_vintage,
        places.geoid,
        vintages.is_city_only,
        {{ to_equal_area('places.outline') }} as shape
    from {{ ref('int_places__outlines') }} as places
    inner join {{ ref('geography_vintages') }} as vintages
        on places.geography_type = vintages.geography_type and places.geography_vintage = vintages.geography_vintage
),

-- without a map of its limits, the city is what its districts cover
city as (
    select {{ union_geometry('shape') }} as shape
    from places
    where
        places.geography_type = 'city'
        or (places.is_city_only and 'city' not in (select limits.geography_type from places as limits))
),

shares as (
    select
        places.*,
        case
            when places.is_city_only or city.shape is null then 1
            else st_area(st_intersection(places.shape, city.shape)) / st_area(places.shape)
        end as city_share
    from places
    cross join city
),

-- Lines of two maps never run quite alike: a place with at most 5 % on one side is assigned to the other. Of the 58 tracts with people that
-- the city's limits cut, 57 are more than 95 % in the city, and their ACS totals are those of their city blocks (ADR 14).
snapped as (
    select
        * exclude (city_share),
        case
            when 100 * city_share >= {{ rule('city_tract_share') }} then 1
            when 100 * city_share > 100 - {{ rule('city_tract_share') }} then city_share
            else 0
        end as city_share
    from shares
),

sided as (
    select
        *,
        true as is_in_city,
        city_share as part_share
    from snapped
    union all
    select
        *,
        false as is_in_city,
        1 - city_share as part_share
    from snapped
),

parts as (
    select
        sided.geography_type,
        sided.geography_vintage,
        sided.geoid,
        sided.is_in_city,
        sided.part_share,
        case
            when sided.part_share = 1 then sided.shape
            when sided.is_in_city then st_intersection(sided.shape, city.shape)
            else st_difference(sided.shape, city.shape)
        end as shape
    from sided
    cross join city
    where sided.part_share > 0
)

select * from parts
