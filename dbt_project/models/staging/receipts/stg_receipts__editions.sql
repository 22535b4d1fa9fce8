-- one row per edition of the scorecard: a pinned release and its label
select * from {{ source('receipts', 'editions') }}
