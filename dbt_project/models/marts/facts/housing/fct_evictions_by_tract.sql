-- one row per twelve months and 2010 tract: eviction filings and renter households
with
delivered as (
    select * from {{ ref('stg_dns__evictions') }}
),

same_tracts as (
    {{ same_tracts() }}
),

-- The publisher divides by renter households and does not deliver them: filings over the rate are a whole number. A tract without a filing
-- has a rate of 0 whatever its households, which are then unknown; one without a rate has none (DNS-02).
divided as (
    select
        *,
        case
            when filings_per_household_reported > 0 then cast(round(filings_count / filings_per_household_reported) as bigint)
            when filings_per_household_reported is null then 0
        end as renter_households_count,
        {{ rule('place_majority_share') }} / 100 as majority
    from delivered
),

final as (
    select
        {{ event_columns('evictions_by_tract', has_key=true, is_public=true) }},
        cast(null as date) as occurred_on,
        divided.period_start,
        divided.period_end,
        divided.geography_type,
        divided.geography_vintage,
        divided.geoid,
        {{ null_piece_columns({'tract_geoid': 'same_tracts.tract_geoid'}) }},
        'delivered_code' as geocode_quality,
        case when divided.renter_households_count > 0 then 'computed' else 'no_denominator' end as value_status,
        divided.filings_count,
        divided.renter_households_count,
        case when divided.renter_households_count is null then 'not_collected' end as renter_households_count_missing_reason,
        100 * divided.filings_count / nullif(divided.renter_households_count, 0) as filings_per_100_renter_households,
        divided.filings_per_household_reported,
        case
            when divided.white_share > divided.majority then 'white'
            when divided.black_share > divided.majority then 'black'
            when divided.latinx_share > divided.majority then 'hispanic'
            when divided.white_share is not null then 'no_majority'
        end as place_majority_code,
        100 * divided.white_share as white_households_pct,
        100 * divided.black_share as black_households_pct,
        100 * divided.latinx_share as hispanic_households_pct
    from divided
    left join same_tracts on divided.geoid = same_tracts.geoid
)

select * from final
