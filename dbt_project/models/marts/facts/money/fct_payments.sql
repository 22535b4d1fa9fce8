-- one row per voucher line
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    meta={'incremental_source': 'comptroller__checkbook'},
    pre_hook=["{{ delete_superseded_rows('comptroller__checkbook') }}"]
) }}
with
delivered as (
    select *
    from {{ ref('stg_comptroller__checkbook') }}
    where {{ is_new_load() }}
),

payments as (
    {{ numbered('delivered') }}
),

final as (
    select
        {{ event_columns('payment', has_key=false) }},
        occurred_on,
        {{ null_place_columns() }},
        voucher_number,
        amount_usd,
        amount_usd < 0 as is_reversal,
        vendor_name,
        spending_department_code,
        spending_department_name,
        account,
        fund_code,
        fund_name
    from payments
)

select * from final
