-- one row per row of fct_goal_progress whose period is closed
with
progress as (
    select
        progress.*,
        goals.measure_id,
        goals.geography_type,
        goals.stratum_type
    from {{ ref('fct_goal_progress') }} as progress
    inner join {{ ref('dim_goal') }} as goals on progress.goal_id = goals.goal_id
),

closed as (
    select progress.*
    from progress
    cross join {{ ref('stg_receipts__clock') }} as clock
    left join {{ ref('publication_plan') }} as plan_rows
        on {{ in_plan('progress', 'plan_rows') }}
    -- a goal without a figure yet has no period that could be open; one whose measure stays inside is shown as hidden
    where coalesce(progress.period_end + plan_rows.lag_days <= cast(clock.as_of as date), true)
),

final as (
    select
        * exclude (measure_id, geography_type, stratum_type)
        replace (period_start = max(period_start) over (partition by goal_id) as is_latest)
    from closed
)

select * from final
