-- one row: the city of this build
select * from {{ source('receipts', 'settings') }}
