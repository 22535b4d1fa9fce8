-- one row per row of fct_goal_progress whose period is closed
with
progress as (
    select
        progress.*,
        goals.measure_id,
        goals.measure_version,
        goals.geography_type,
        goals.stratum_type
    from {{ ref('fct_goal_progress') }} as progress
    inner join {{ ref('dim_goal') }} as goals on progress.goal_id = goals.goal_id
    left join {{ ref('int_disclosure__thresholds') }} as protected
        on goals.measure_id = protected.measure_id and goals.measure_version = protected.measure_version
    where coalesce(protected.may_be_published, true)
),

snapshots as (
    select distinct
        measure_id,
        measure_version,
        period_start
    from {{ ref('int_disclosure__snapshots') }}
),

closed as (
    select progress.*
    from progress
    cross join {{ ref('stg_receipts__clock') }} as clock
    left join {{ ref('publication_plan') }} as plan_rows
        on {{ matches_plan_row('progress', 'plan_rows') }}
    left join snapshots
        on
            progress.measure_id = snapshots.measure_id
            and progress.measure_version = snapshots.measure_version
            and progress.period_start = snapshots.period_start
    -- a goal without a figure yet has no period that could be open; one whose measure stays inside is shown as hidden
    where
        coalesce(progress.period_end + plan_rows.lag_days <= cast(clock.as_of as date), true)
        -- an unpublished snapshot has no figures of its goals either
        and (
            progress.period_type <> 'snapshot' or progress.period_end is null or plan_rows.measure_id is null
            or snapshots.measure_id is not null
        )
        and progress.status is not null
),

final as (
    select
        * exclude (measure_id, measure_version, geography_type, stratum_type)
        replace (period_start = max(period_start) over (partition by goal_id) as is_latest)
    from closed
)

select * from final
