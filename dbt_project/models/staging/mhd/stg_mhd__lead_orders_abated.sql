-- one row per lead hazard order that was cleared
{{ config(meta={'row_by_row': true}) }}
with
typed as (
    select * from {{ source('landing', 'mhd__lead_orders_abated') }}
),

contract as (
    {{ contract_row('mhd__lead_orders_abated') }}
),

renamed as (
    select
        'mhd__lead_orders_abated' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        cast(contract.data_as_of as date) as data_as_of_on,
        typed.cleared_on,
        typed.address,
        {{ code_from_number('typed.aldermanic_district') }} as aldermanic_district_reported
    from typed
    left join contract on true
)

select * from renamed
