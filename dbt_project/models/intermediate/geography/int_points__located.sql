-- one row per usable point and map: the place that contains the point, `outside` for a map of the city on which none does
{{ config(meta={'row_by_row': true}) }}
with
points as (
    select *
    from {{ ref('int_points__validated') }}
    where meant_point is not null
),

pieces as (
    select * from {{ ref('int_places__tiles') }}
),

-- a point on a border is assigned to the place with the smaller code
inside as (
    select
        points.longitude,
        points.latitude,
        pieces.geography_type,
        pieces.geography_vintage,
        min(pieces.geoid) as geoid
    from points
    inner join pieces on st_intersects(pieces.piece, points.meant_point)
    group by all
),

-- a point that is in no tract and not in the city is no place of ours: in the lake, or in the next county
in_county as (
    select distinct
        longitude,
        latitude
    from inside
    where
        geography_type in ('tract', 'city')
        or not exists (
            select 1
            from pieces
            where pieces.geography_type in ('tract', 'city')
        )
),

maps_of_city as (
    select
        geography_type,
        geography_vintage
    from {{ ref('geography_vintages') }}
    where is_city_only
),

outside as (
    select
        in_county.longitude,
        in_county.latitude,
        maps_of_city.geography_type,
        maps_of_city.geography_vintage,
        'outside' as geoid
    from in_county
    cross join maps_of_city
    anti join inside
        on
            in_county.longitude = inside.longitude
            and in_county.latitude = inside.latitude
            and maps_of_city.geography_type = inside.geography_type
            and maps_of_city.geography_vintage = inside.geography_vintage
),

located as (
    select inside.* from inside semi join in_county on inside.longitude = in_county.longitude and inside.latitude = in_county.latitude
    union all
    select * from outside
)

select * from located
