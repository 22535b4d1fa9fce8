-- one row per span of days with the same maps and part of the city: houses of the index, and its addresses, one per unit of a house
with
addresses as (
    select * from {{ ref('dim_address') }}
),

-- a map change splits a place's days in two; outside such days the same address has the same place
with_place as (
    select
        addresses.address_key,
        addresses.index_rows_count,
        {{ piece_columns(of='places') }},
        places.valid_from,
        places.valid_to
    from addresses
    inner join {{ ref('int_points__geocoded') }} as places
        on addresses.longitude = places.longitude and addresses.latitude = places.latitude
),

final as (
    select
        {{ piece_columns() }},
        valid_from,
        valid_to,
        count(*) as houses_count,
        sum(index_rows_count) as addresses_count
    from with_place
    group by all
)

select * from final
