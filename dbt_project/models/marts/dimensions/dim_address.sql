-- one row per house of the city's address index, in standard form, with its point and the places that hold it now
with
indexed as (
    select * from {{ ref('int_addresses__indexed') }}
),

units as (
    select
        address_standard,
        count(*) as index_rows_count
    from indexed
    group by address_standard
),

clock as (
    select * from {{ ref('stg_receipts__clock') }}
),

places as (
    select points.*
    from {{ ref('int_points__geocoded') }} as points
    cross join clock
    where cast(clock.as_of as date) between points.valid_from and points.valid_to
),

final as (
    select
        md5(indexed.address_standard) as address_key,
        indexed.address_standard,
        indexed.house_number,
        indexed.house_suffix,
        indexed.longitude,
        indexed.latitude,
        units.index_rows_count,
        {{ piece_columns(of='places') }},
        places.zcta_geoid
    from indexed
    inner join units on indexed.address_standard = units.address_standard
    left join places on indexed.longitude = places.longitude and indexed.latitude = places.latitude
    where indexed.is_preferred
)

select * from final
