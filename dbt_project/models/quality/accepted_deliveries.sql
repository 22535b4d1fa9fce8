-- one row per held-back load that somebody let in
select
    source,
    load_id,
    accepted_by,
    reason,
    "at"
from {{ source('receipts', 'accepted_deliveries') }}
