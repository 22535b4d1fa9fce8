-- one row per ordered pair of places of two maps, side of the city's limits and measure: how much they share
with
pairs as (
    select
        * exclude (is_in_city, amount),
        is_in_city,
        'area' as weight_basis,
        amount,
        case when is_in_city then amount else 0 end as city_amount
    from {{ ref('int_places__intersections') }}
    union all by name
    select
        *,
        true as is_in_city
    from {{ ref('int_places__overlap_counts') }}
),

both_ways as (
    select
        geography_type as from_type,
        geography_vintage as from_vintage,
        geoid as from_geoid,
        to_type,
        to_vintage,
        to_geoid,
        is_in_city,
        weight_basis,
        amount,
        city_amount
    from pairs
    union all
    select
        to_type as from_type,
        to_vintage as from_vintage,
        to_geoid as from_geoid,
        geography_type as to_type,
        geography_vintage as to_vintage,
        geoid as to_geoid,
        is_in_city,
        weight_basis,
        amount,
        city_amount
    from pairs
),

-- an address in no place of a map is on a seam: only blocks show who lives outside
overlapped as (
    select *
    from both_ways
    where amount > 0 and (weight_basis <> 'address' or from_geoid <> 'outside')
)

select * from overlapped
