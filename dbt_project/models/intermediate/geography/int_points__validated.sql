-- one row per distinct point, with the point that is meant, or why none is
{{ config(meta={'row_by_row': true}) }}
with
points as (
    select * from {{ ref('int_points__collected') }}
),

places as (
    select
        *,
        bool_or(geography_type = 'tract') over () as has_tracts
    from {{ ref('int_places__outlines') }}
),

-- where records of this city can be: the rectangle around the county's tracts, or without them around every map
extent as (
    select
        min(st_xmin(outline)) as west,
        max(st_xmax(outline)) as east,
        min(st_ymin(outline)) as south,
        max(st_ymax(outline)) as north
    from places
    where geography_type = 'tract' or not has_tracts
),

checked as (
    select
        points.*,
        case
            when points.longitude = 0 and points.latitude = 0 then 'zero'
            -- one point for so many addresses is the middle of the city, given by a geocoder that found nothing
            when points.delivered_addresses >= {{ rule('placeholder_addresses') }} and not points.is_of_index then 'placeholder'
            when
                points.longitude between extent.west and extent.east and points.latitude between extent.south and extent.north
                then 'good'
            when
                points.latitude between extent.west and extent.east and points.longitude between extent.south and extent.north
                then 'swapped'
            when abs(points.longitude) > 180 or abs(points.latitude) > 90 then 'not_degrees'
            else 'outside_county'
        end as point_check
    from points
    cross join extent
),

final as (
    select
        longitude,
        latitude,
        point_check,
        case point_check
            when 'good' then st_point(longitude, latitude)
            when 'swapped' then st_point(latitude, longitude)
        end as meant_point
    from checked
)

select * from final
