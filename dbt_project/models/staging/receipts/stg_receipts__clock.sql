-- one row: the as-of time of this build
select * from {{ source('receipts', 'clock') }}
