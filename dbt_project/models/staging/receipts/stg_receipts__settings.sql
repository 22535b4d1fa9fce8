-- one row: the city and the as-of time of this build
select * from {{ source('receipts', 'settings') }}
