-- one row per removal of records of a source
select
    source,
    records,
    reason,
    erased_at,
    erased_by,
    kind
from {{ source('receipts', 'erasures') }}
