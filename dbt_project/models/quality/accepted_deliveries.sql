-- one row per held-back load that was accepted
select
    source,
    load_id,
    accepted_by,
    reason,
    "at"
from {{ source('receipts', 'accepted_deliveries') }}
