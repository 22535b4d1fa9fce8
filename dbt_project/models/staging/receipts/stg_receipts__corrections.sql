-- one row per correction that the office has said
select * from {{ source('receipts', 'corrections') }}
