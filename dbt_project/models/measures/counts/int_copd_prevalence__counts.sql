-- one row per year and 2010 tract, and once more as a part of the city: the estimate as delivered, with its interval
with
estimates as (
    select * from {{ ref('fct_health_outcomes_by_tract') }}
    where condition_code = 'copd'
),

final as (
    {{ delivered_estimates('estimates', 'copd_prevalence') }}
)

select * from final
