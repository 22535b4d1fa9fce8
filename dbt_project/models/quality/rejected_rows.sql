-- one row per delivered row that was refused
select
    source,
    load_id,
    source_file,
    source_row,
    "column",
    reason_code,
    message
from {{ source('receipts', 'rejected_rows') }}
