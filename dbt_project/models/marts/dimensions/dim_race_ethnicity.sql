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
union all
-- no row is about it: each group is compared with another rest
select
    'rest' as race_ethnicity_code,
    'Everyone else' as label,
    'reference' as kind,
    cast(null as varchar) as race_standard,
    true as is_in_spd15_1997,
    true as is_in_spd15_2024,
    5 as sort_order
