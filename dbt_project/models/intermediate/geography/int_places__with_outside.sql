-- one row per place that has a polygon, and per map of the city one for the area outside it: name, area, outline
with
places as (
    select * from {{ ref('int_places__outlines') }}
),

settings as (
    select * from {{ ref('stg_receipts__settings') }}
),

inside as (
    select
        places.geography_type,
        places.geography_vintage,
        places.geoid,
        case places.geography_type
            when 'city' then settings.city_title
            else {{ place_name('places.geography_type', 'places.geoid') }}
        end as name,
        -- rivers and harbors within the outline are in it
        st_area({{ to_equal_area('places.outline') }}) as land_area_sq_m,
        st_aswkb(places.outline) as geometry_wkb,
        places.source as outline_source
    from places
    cross join settings
),

mapped as (
    select distinct
        geography_type,
        geography_vintage
    from inside
),

outside as (
    select
        vintages.geography_type,
        vintages.geography_vintage,
        'outside' as geoid,
        case vintages.geography_type
            when 'city' then 'Outside the city'
            else concat('Outside the ', replace(vintages.geography_type, '_', ' '), 's')
        end as name,
        cast(null as double) as land_area_sq_m,
        cast(null as blob) as geometry_wkb,
        cast(null as varchar) as outline_source
    from {{ ref('geography_vintages') }} as vintages
    -- a city without a map has no area outside it
    inner join mapped
        on vintages.geography_type = mapped.geography_type and vintages.geography_vintage = mapped.geography_vintage
    where vintages.is_city_only
),

named as (
    select * from inside
    union all
    select * from outside
)

select * from named
