-- one row per 2010 tract and twelve months: filings against renter households; the charts' tables land and reach no fact (DNS-03)
with
typed as (
    select * from {{ source('landing', 'dns__evictions') }}
),

contract as (
    {{ contract_row('dns__evictions') }}
),

renamed as (
    select
        'dns__evictions' as source,
        contract.jurisdiction,
        -- the tables have no common key; of the map it is window and tract, so that a revised figure keeps its name
        md5(concat_ws(chr(31), 'dns__evictions', typed.starts_on, typed.tract_geoid)) as _record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        typed.starts_on as period_start,
        cast(typed.starts_on + interval 12 month - interval 1 day as date) as period_end,
        'tract' as geography_type,
        '2010' as geography_vintage,
        typed.tract_geoid as geoid,
        typed.filings as filings_count,
        typed.filings_per_household as filings_per_household_reported,
        typed.white_share,
        typed.black_share,
        typed.latinx_share
    from typed
    left join contract on true
    where typed.table_name = 'tracts'
)

select * from renamed
