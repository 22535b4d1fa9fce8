-- one row per voucher line; equal lines stay (CMP-01), negative amounts are reversals
{{ config(meta={'row_by_row': true}) }}
with
typed as (
    select * from {{ source('landing', 'comptroller__checkbook') }}
),

contract as (
    {{ contract_row('comptroller__checkbook') }}
),

renamed as (
    select
        'comptroller__checkbook' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        typed.paid_on as occurred_on,
        typed.voucher_number,
        typed.amount as amount_usd,
        typed.vendor_name,
        typed.department_code as spending_department_code,
        typed.department_name as spending_department_name,
        typed.account,
        typed.fund_code,
        typed.fund_name
    from typed
    left join contract on true
)

select * from renamed
