-- one row per delivered address that the index does not hold as it is, in parts
{{ config(meta={'row_by_row': true}) }}
with
others as (
    select collected.address
    from {{ ref('int_addresses__collected') }} as collected
    anti join {{ ref('int_addresses__exact_matches') }} as exact on collected.address = exact.address
),

standardised as (
    {{ standardised_addresses('others') }}
),

requested as (
    select
        standardised.*,
        {{ street_keys('standardised') }}
    from standardised
)

select * from requested
