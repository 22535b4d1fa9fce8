-- one row per load
select
    source,
    load_id,
    run_id,
    sequence,
    files,
    delivered_at,
    promoted_at,
    rows_delivered,
    rows_staged,
    rows_rejected,
    rows_blank,
    rows_duplicate,
    rows_superseded,
    rows_withdrawn
from {{ source('receipts', 'loads') }}
