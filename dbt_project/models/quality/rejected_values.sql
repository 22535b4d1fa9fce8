-- one row per cell that was made NULL while its row was kept
select
    source,
    load_id,
    source_file,
    source_row,
    "column",
    reason_code,
    message
from {{ source('receipts', 'rejected_values') }}
