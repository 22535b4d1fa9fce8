-- one row per contract, with the keys that no delivery changes
select * from {{ source('receipts', 'agreements') }}
