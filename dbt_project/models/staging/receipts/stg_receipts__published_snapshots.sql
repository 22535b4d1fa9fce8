-- one row per measure and snapshot that earlier releases published
select * from {{ source('receipts', 'published_snapshots') }}
