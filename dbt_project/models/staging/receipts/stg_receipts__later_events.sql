-- one row per source with records dated after this run
select * from {{ source('receipts', 'later_events') }}
