-- one row per source and period that is due: how much of it the deliveries cover
select
    source,
    period_type,
    period_start,
    period_end,
    covered_days,
    due_days,
    files,
    is_complete,
    note,
    is_over,
    is_missing,
    due,
    is_due_declared,
    records,
    volume
from {{ ref('int_sources__coverage') }}
