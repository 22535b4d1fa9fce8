-- one row per address of the city's index, with its parts and its point
with
index_rows as (
    select * from {{ ref('stg_city__addresses') }}
),

standardised as (
    {{ standardised_addresses('index_rows') }}
),

final as (
    select
        standardised.address,
        standardised.address_standard,
        standardised.house_number,
        standardised.house_suffix,
        {{ street_keys('standardised') }},
        index_rows.longitude,
        index_rows.latitude,
        -- units share the house's point; where they do not, the house itself speaks for its address
        row_number() over (
            partition by standardised.address_standard
            order by index_rows.longitude is null, length(standardised.address), standardised.address, index_rows._source_row
        ) = 1 as is_preferred
    from standardised
    inner join index_rows on standardised.address = index_rows.address
)

select * from final
