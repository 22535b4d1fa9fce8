-- one row per call number, in its last delivered state
{{ config(meta={'row_by_row': true}) }}
with
typed as (
    select * from {{ source('landing', 'mpd__dispatched_calls') }}
),

contract as (
    {{ contract_row('mpd__dispatched_calls') }}
),

renamed as (
    select
        'mpd__dispatched_calls' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        cast(typed.occurred_at as date) as occurred_on,
        typed.occurred_at as police_call_at,
        typed.call_number,
        typed.location as address,
        typed.location_missing_reason as address_missing_reason,
        typed.police_district as police_district_reported,
        typed.nature,
        typed.status
    from typed
    left join contract on true
)

select * from renamed
