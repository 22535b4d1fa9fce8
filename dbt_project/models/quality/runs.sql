-- one row per run
select
    run_id,
    "trigger",
    started_at,
    ended_at,
    outcome,
    exit_code,
    release_id,
    code_version
from {{ source('receipts', 'runs') }}
