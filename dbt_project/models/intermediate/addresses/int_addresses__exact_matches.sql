-- one row per delivered address that is in the city's index as it is, up to its first comma
{{ config(meta={'row_by_row': true}) }}
with
collected as (
    select * from {{ ref('int_addresses__collected') }}
),

indexed as (
    select * from {{ ref('int_addresses__indexed') }}
),

-- an address without a point places nothing
houses as (
    select address_standard
    from indexed
    where is_preferred and longitude is not null
),

exact as (
    select
        collected.address,
        houses.address_standard
    from collected
    inner join indexed on upper(trim(split_part(collected.address, ',', 1))) = indexed.address
    inner join houses on indexed.address_standard = houses.address_standard
)

select * from exact
