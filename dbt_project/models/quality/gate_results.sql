-- one row per expectation of a gate in a run
select
    run_id,
    gate,
    subject,
    expectation,
    "column",
    severity,
    success,
    observed,
    threshold
from {{ source('receipts', 'gate_results') }}
