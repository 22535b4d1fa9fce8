-- one row per contract, with what its newest delivery says
select * from {{ source('receipts', 'contracts') }}
