-- one row per range of house numbers on a side of a street, with its council district on today's map
{# A range ends where a block ends or another district starts, and holds more than one number: no row is an address. See ADR 67. #}
{%- set of_side = 'partition by street, section, side' %}
with
register as (
    select source
    from {{ ref('dim_source') }}
    where source = 'city__addresses' and classification = 'public' and republish = 'allowed'
),

-- a register or a map that the city may not republish gives no range
districts as (
    select
        places.geoid as district,
        places.geography_vintage as vintage
    from {{ ref('dim_geography') }} as places
    inner join {{ ref('dim_source') }} as sources on places.outline_source = sources.source
    cross join register
    where places.geography_type = '{{ council_place_type() }}' and places.geoid <> 'outside' and sources.republish = 'allowed'
),

parts as (
    select
        *,
        block - lag(block, 1, block) over (partition by street order by block, side, first_number) as blocks_on
    from {{ ref('int_published__block_districts') }}
),

-- a block without an address ends a section: the street may leave the city there
sections as (
    select
        *,
        count_if(blocks_on > 1) over (partition by street order by block, side, first_number rows unbounded preceding) as section
    from parts
),

after_part as (
    select
        *,
        lag(last_number) over numbered as number_before,
        lag(district) over numbered as district_before,
        greatest(100 * min(block) over (partition by street, section), 1) as section_from,
        100 * max(block) over (partition by street, section) + 99 as section_to
    from sections
    window numbered as ({{ of_side }} order by first_number)
),

-- another district starts at the roundest number behind the last house of the one before
starts as (
    select
        *,
        case
            when number_before is null then section_from
            {%- for step in [100, 10] %}
            when {{ step }} * (first_number // {{ step }}) > number_before then {{ step }} * (first_number // {{ step }})
            {%- endfor %}
            else first_number
        end as range_from
    from after_part
    where number_before is null or district_before is distinct from district
),

ranges as (
    select
        *,
        coalesce(lead(range_from) over ({{ of_side }} order by range_from) - 1, section_to) as range_to
    from starts
),

-- where both sides have the same range it is of both, else it starts and ends with numbers of its side
sides as (
    select
        street,
        range_from,
        range_to,
        district,
        vintage,
        count(*) = 2 as is_both,
        min(side) as side
    from ranges
    group by street, range_from, range_to, district, vintage
),

numbered as (
    select
        street,
        case when is_both then 'both' when side = 1 then 'odd' else 'even' end as parity,
        cast(case when is_both then range_from else range_from + (range_from + side) % 2 end as integer) as from_number,
        cast(case when is_both then range_to else range_to - (range_to + side) % 2 end as integer) as to_number,
        district,
        vintage
    from sides
),

directionals as (
    select distinct standard as directional
    from {{ ref('address_words') }}
    where part = 'directional'
),

final as (
    select
        numbered.*,
        case
            when directionals.directional is null then numbered.street
            else substr(numbered.street, strpos(numbered.street, ' ') + 1)
        end as street_name
    from numbered
    inner join districts on numbered.district = districts.district and numbered.vintage = districts.vintage
    left join directionals on split_part(numbered.street, ' ', 1) = directionals.directional
)

select * from final
-- a range of one number would be an address
where to_number - from_number > 1
order by all
