-- one row per place and tile of a grid: a point is found in a small piece many times faster than in the whole city's outline
with
places as (
    select * from {{ ref('int_places__outlines') }}
),

columns_of_tiles as (
    select
        *,
        unnest(generate_series({{ tile_of('st_xmin(outline)') }}, {{ tile_of('st_xmax(outline)') }})) as x
    from places
),

tiles as (
    select
        *,
        unnest(generate_series({{ tile_of('st_ymin(outline)') }}, {{ tile_of('st_ymax(outline)') }})) as y
    from columns_of_tiles
),

bounds as (
    select
        *,
        st_makeenvelope(x * {{ tile_size() }}, y * {{ tile_size() }}, (x + 1) * {{ tile_size() }}, (y + 1) * {{ tile_size() }}) as tile
    from tiles
),

pieces as (
    select
        geography_type,
        geography_vintage,
        geoid,
        st_intersection(outline, tile) as piece
    from bounds
    where st_intersects(outline, tile)
)

select * from pieces
