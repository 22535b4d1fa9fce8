-- one row per code that a fact or a measure may carry
select
    race_ethnicity_code,
    label,
    kind,
    race_standard,
    is_in_spd15_1997,
    is_in_spd15_2024,
    sort_order
from {{ ref('race_ethnicity') }}
