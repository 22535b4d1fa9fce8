-- one row per delivered request; equal requests stay, since two reports of one pothole are information
{{ config(meta={'row_by_row': true}) }}
with
typed as (
    select * from {{ source('landing', 'ucc__service_requests') }}
),

contract as (
    {{ contract_row('ucc__service_requests') }}
),

renamed as (
    select
        'ucc__service_requests' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        cast(typed.created_at as date) as occurred_on,
        typed.created_at as service_request_at,
        typed.closed_at,
        typed.closed_at_missing_reason,
        typed.address,
        typed.address_missing_reason,
        typed.request_type,
        contract.follow_up_until,
        contract.follow_up_days,
        contract.data_as_of
    from typed
    left join contract on true
)

select * from renamed
