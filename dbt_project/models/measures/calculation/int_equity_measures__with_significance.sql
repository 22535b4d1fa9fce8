-- one row per measure, period, place, race and stratum, with whether its ratio differs from 1 among all ratios of the measure and period
with
compared as (
    select * from {{ ref('int_equity_measures__compared') }}
),

final as (
    {{ with_fdr_significance('compared') }}
)

select * from final
