-- one row per year and 2020 tract in which foreclosures started
with
typed as (
    select * from {{ source('landing', 'dcd__foreclosures') }}
),

contract as (
    {{ contract_row('dcd__foreclosures') }}
),

renamed as (
    select
        'dcd__foreclosures' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        make_date(typed.start_year, 1, 1) as period_start,
        make_date(typed.start_year, 12, 31) as period_end,
        typed.tract_geoid,
        typed.private_parcels as private_parcels_count,
        typed.foreclosures as foreclosures_count,
        typed.foreclosures_per_1000 as foreclosures_per_1000_reported
    from typed
    left join contract on true
)

select * from renamed
