-- one row per delivered address that the index contains, with the house and the stage in which it was found
{{ config(meta={'row_by_row': true}) }}
with
exact as (
    select
        address,
        address_standard,
        'exact' as match_stage
    from {{ ref('int_addresses__exact_matches') }}
),

-- the first stage that finds a house decides; two streets that would do are none, of two houses on one street the nearer
relaxed as (
    select
        address,
        address_standard,
        match_stage
    from {{ ref('int_addresses__candidates') }}
    qualify
        row_number() over (partition by address order by stage_order, distance, address_standard) = 1
        and min(street) over (partition by address, stage_order) = max(street) over (partition by address, stage_order)
),

matched as (
    select * from exact
    union all
    select * from relaxed
)

select * from matched
