-- one row per stratum that a fact or a measure may carry
select
    stratum_type,
    stratum_code,
    label,
    sort_order
from {{ ref('strata') }}
