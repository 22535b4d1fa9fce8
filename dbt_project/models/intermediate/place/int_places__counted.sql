-- one row per pair of places of two maps and measure: the people of blocks, or the addresses, that lie in both
{{ config(materialized='table') }}

with
-- a flat with an address of its own counts as one: addresses stand for homes, not for houses
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
    from {{ ref('int_blocks__placed') }} as blocks
    group by block_geoid
),

-- what lies in the same places on every map is counted once
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

members as (
    select
        group_number,
        weight_basis,
        amount,
        unnest(places, recursive := true)
    from (select row_number() over () as group_number, groups.* from groups)
),

counted as (
    select
        members.geography_type,
        members.geography_vintage,
        members.geoid,
        others.geography_type as to_type,
        others.geography_vintage as to_vintage,
        others.geoid as to_geoid,
        members.weight_basis,
        sum(members.amount) as amount
    from members
    inner join members as others
        on
            members.group_number = others.group_number
            and (members.geography_type, members.geography_vintage) < (others.geography_type, others.geography_vintage)
    group by all
)

select * from counted
