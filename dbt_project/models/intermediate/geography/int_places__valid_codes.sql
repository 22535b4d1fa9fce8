-- one row per place that a delivered code may name, and the days on which the code means it
with
-- a code that the city's seed names is known before its map is delivered
places as (
    select
        geography_type,
        geography_vintage,
        geoid
    from {{ ref('int_places__outlines') }}
    union
    select
        geographies.geography_type,
        geographies.geography_vintage,
        geographies.geoid
    from {{ ref('geographies') }} as geographies
    inner join {{ ref('stg_receipts__settings') }} as city on geographies.city_geoid = city.city_geoid
    where geographies.geoid <> 'outside'
),

vintages as (
    select * from {{ ref('geography_vintages') }}
),

-- of types whose facts carry the map of the day all maps; of every other type the newest, which is the one that facts carry
known as (
    select
        places.geography_type,
        places.geography_vintage,
        places.geoid,
        case when places.geography_type in ({{ type_names(dated_place_types()) }}) then vintages.valid_from end as begins_on,
        vintages.valid_to as ends_on
    from places
    inner join vintages
        on places.geography_type = vintages.geography_type and places.geography_vintage = vintages.geography_vintage
    where places.geography_type in ({{ type_names(dated_place_types()) }}) or vintages.valid_to is null
),

final as (
    select
        geography_type,
        geography_vintage,
        geoid,
        coalesce(begins_on, {{ first_day() }}) as valid_from,
        coalesce(ends_on, {{ last_day() }}) as valid_to
    from known
)

select * from final
