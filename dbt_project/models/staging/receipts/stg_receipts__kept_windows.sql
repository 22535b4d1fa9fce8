-- one row per published window of a register with a newer release whose window is not closed yet
select * from {{ source('receipts', 'kept_windows') }}
