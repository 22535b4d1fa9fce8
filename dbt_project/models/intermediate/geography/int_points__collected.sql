-- one row per distinct point, of the address index or delivered with records, and with how many different addresses records deliver it
-- a source may deliver points without addresses
{{ config(meta={'row_by_row': true}) }}
with
of_index as (
    select distinct
        longitude,
        latitude,
        0 as delivered_addresses,
        true as is_of_index
    from {{ ref('int_addresses__indexed') }}
    where longitude is not null
),

delivered as (
    select
        cast(null as double) as longitude,
        cast(null as double) as latitude,
        cast(null as varchar) as address
    where false
    {%- for source_with_points in sources_with_points() %}
    union
    select
        longitude,
        latitude,
        {{ 'address' if source_with_points in sources_with_addresses() else 'cast(null as varchar) as address' }}
    from {{ ref(source_with_points) }}
    {%- endfor %}
),

of_records as (
    select
        longitude,
        latitude,
        count(distinct address) as delivered_addresses,
        false as is_of_index
    from delivered
    where longitude is not null and latitude is not null
    group by all
),

all_points as (
    select * from of_index
    union all
    select * from of_records
),

collected as (
    select
        longitude,
        latitude,
        max(delivered_addresses) as delivered_addresses,
        bool_or(is_of_index) as is_of_index
    from all_points
    group by all
)

select * from collected
