select
    voucher_id_0 as voucher_number,
    cast("date" as date) as paid_on,
    cast(amount as decimal(18, 4)) as amount_usd,
    trim(vendor_name) as vendor_name,
    spending_department_id as department_code,
    upper(trim(spending_department_name)) as department_name,
    account_description as account,
    fund_0 as fund_code,
    descr as fund_name
from {{ source('raw', 'payments') }}
