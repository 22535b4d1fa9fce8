-- one row per contract, with its newest delivery
select * from {{ source('receipts', 'contracts') }}
