-- one row per snapshot and lead hazard order that was not cleared on its date
{{ config(meta={'row_by_row': true}) }}
with
typed as (
    select * from {{ source('landing', 'mhd__lead_orders_open') }}
),

contract as (
    {{ contract_row('mhd__lead_orders_open') }}
),

renamed as (
    select
        'mhd__lead_orders_open' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        {{ snapshot_on() }} as data_as_of_on,
        typed.issued_on,
        typed.issued_on_missing_reason,
        typed.exterior_due_on,
        typed.interior_due_on,
        typed.order_type as order_type_reported,
        typed.exterior_status as exterior_status_reported,
        typed.interior_status as interior_status_reported,
        typed.address,
        {{ code_from_number('typed.aldermanic_district') }} as aldermanic_district_reported
    from typed
    left join contract on true
)

select * from renamed
