-- one row per contract, with what it says whatever is delivered
select * from {{ source('receipts', 'agreements') }}
