-- one row per measure, period, place or part, race and stratum: as filled, with the share of the period's events outside gaps
with
filled as (
    select * from {{ ref('int_equity_measures__places_filled') }}
),

final as (
    select filled.* replace (coalesce(filled.period_coverage_pct, covered.period_coverage_pct) as period_coverage_pct)
    from filled
    left join {{ ref('int_periods__coverage') }} as covered
        on
            filled.source = covered.source
            and filled.period_type = covered.period_type
            and filled.period_start = covered.period_start
)

select * from final
