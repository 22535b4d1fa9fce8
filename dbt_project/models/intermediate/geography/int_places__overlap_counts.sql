-- one row per pair of places of two maps and measure: the people of blocks, or the addresses, that are in both, and those within the limits
with
-- a flat with an address of its own counts as one: addresses represent homes, not houses
indexed as (
    select
        longitude,
        latitude,
        count(*) as addresses
    from {{ ref('int_addresses__indexed') }}
    group by all
),

address_points as (
    select
        any_value(indexed.addresses) as amount,
        {{ places_as_list('located') }} as places
    from {{ ref('int_points__located') }} as located
    inner join indexed on located.longitude = indexed.longitude and located.latitude = indexed.latitude
    group by located.longitude, located.latitude
),

blocks as (
    select
        any_value(population) as amount,
        {{ places_as_list('blocks') }} as places
    from {{ ref('int_blocks__assigned') }} as blocks
    group by block_geoid
),

-- parts that are in the same places on every map are counted once
groups as (
    select
        'address' as weight_basis,
        places,
        sum(amount) as amount
    from address_points
    group by places
    union all
    select
        'population' as weight_basis,
        places,
        sum(amount) as amount
    from blocks
    group by places
),

numbered as (
    select
        row_number() over () as group_number,
        groups.*
    from groups
),

spread as (
    select
        group_number,
        weight_basis,
        amount,
        unnest(places) as place
    from numbered
),

members as (
    select
        group_number,
        weight_basis,
        amount,
        -- the address index lists homes beyond the limits, too
        case when bool_or(place.geography_type = 'city' and place.geoid = 'outside') over (partition by group_number) then 0 else amount end
            as city_amount,
        place.geography_type,
        place.geography_vintage,
        place.geoid
    from spread
),

counted as (
    select
        members.geography_type,
        members.geography_vintage,
        members.geoid,
        other_members.geography_type as to_type,
        other_members.geography_vintage as to_vintage,
        other_members.geoid as to_geoid,
        members.weight_basis,
        sum(members.amount) as amount,
        sum(members.city_amount) as city_amount
    from members
    inner join members as other_members
        on
            members.group_number = other_members.group_number
            and (members.geography_type, members.geography_vintage) < (other_members.geography_type, other_members.geography_vintage)
    group by all
)

select * from counted
