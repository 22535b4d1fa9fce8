-- one row per delivered address, stage and house of the index that would do, with how far off its number is
{{ config(meta={'row_by_row': true}) }}
with
requested as (
    select * from {{ ref('int_addresses__parsed') }}
),

houses as (
    select *
    from {{ ref('int_addresses__indexed') }}
    where is_preferred and longitude is not null
),

streets as (
    select distinct street from houses
),

-- the address in short forms, and what had to be done to it
written_otherwise as (
    select
        requested.address,
        houses.address_standard,
        houses.street,
        1 as stage_order,
        case
            when requested.has_directional_last then 'directional_order'
            when requested.address_without_unit = houses.address_standard then 'without_unit'
            else 'long_forms'
        end as match_stage,
        0 as distance
    from requested
    inner join houses
        on
            requested.street = houses.street
            and requested.house_number = houses.house_number
            and coalesce(requested.house_suffix, '') = coalesce(houses.house_suffix, '')
    where requested.house_number_to is null
),

-- the house that 3051A, or 9434-9446, is part of
same_house as (
    select
        requested.address,
        houses.address_standard,
        houses.street,
        2 as stage_order,
        case when requested.house_number_to is null then 'without_suffix' else 'range' end as match_stage,
        case when houses.house_suffix is null then 0 else 1 end as distance
    from requested
    inner join houses on requested.street = houses.street and requested.house_number = houses.house_number
),

in_range as (
    select
        requested.address,
        houses.address_standard,
        houses.street,
        3 as stage_order,
        'range' as match_stage,
        houses.house_number - requested.house_number as distance
    from requested
    inner join houses
        on requested.street = houses.street and houses.house_number between requested.house_number and requested.house_number_to
),

-- a type that is left out, or that no such street has
without_type as (
    select
        requested.address,
        houses.address_standard,
        houses.street,
        4 as stage_order,
        'without_type' as match_stage,
        case when coalesce(requested.house_suffix, '') = coalesce(houses.house_suffix, '') then 0 else 1 end as distance
    from requested
    inner join houses on requested.street_without_type = houses.street_without_type and requested.house_number = houses.house_number
    where requested.street_type is null or requested.street not in (select streets.street from streets)
),

-- a directional that is left out; another directional means another end of the city
without_directional as (
    select
        requested.address,
        houses.address_standard,
        houses.street,
        5 as stage_order,
        'without_directional' as match_stage,
        case when coalesce(requested.house_suffix, '') = coalesce(houses.house_suffix, '') then 0 else 1 end as distance
    from requested
    inner join houses on requested.street = houses.street_without_directional and requested.house_number = houses.house_number
),

-- the nearest house on the same side of the same block: 2700 is the block, 1298 a corner
same_block as (
    select
        requested.address,
        houses.address_standard,
        houses.street,
        6 as stage_order,
        'same_block' as match_stage,
        abs(requested.house_number - houses.house_number) as distance
    from requested
    inner join houses
        on
            requested.street = houses.street
            and requested.house_number // 100 = houses.house_number // 100
            and requested.house_number % 2 = houses.house_number % 2
            -- a quarter of a block, some 50 meters; beyond, one in twenty is more than 250 meters from the court's own point
            and abs(requested.house_number - houses.house_number) <= 24
)

{%- for stage in ['written_otherwise', 'same_house', 'in_range', 'without_type', 'without_directional', 'same_block'] %}
select * from {{ stage }}
{{ 'union all' if not loop.last }}
{%- endfor %}
