-- one row per day on which a period of a measure closes that is not closed yet
with
measures as (
    select distinct
        measure_id,
        geography_type,
        period_type,
        stratum_type,
        period_end
    from {{ ref('fct_equity_measures') }}
),

closings as (
    select distinct measures.period_end + plan_rows.lag_days as closes_on
    from measures
    cross join {{ ref('stg_receipts__clock') }} as clock
    inner join {{ ref('publication_plan') }} as plan_rows
        on {{ matches_plan_row('measures', 'plan_rows') }}
    where measures.period_end + plan_rows.lag_days > cast(clock.as_of as date)
)

select * from closings
