-- one row per source with records dated after their delivery or this run
select * from {{ source('receipts', 'later_events') }}
