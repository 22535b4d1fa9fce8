-- one row per known issue of a source
select
    issue_id,
    source,
    status,
    summary,
    last_checked
from {{ ref('known_data_issues') }}
