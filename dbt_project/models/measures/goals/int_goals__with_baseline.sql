-- one row per goal and period: the figures, those of the baseline, the expected value, and groups that got worse
with
observed as (
    select * from {{ ref('int_goals__with_figures') }}
),

baselines as (
    select observed.*
    from observed
    inner join {{ ref('dim_goal') }} as goals
        on observed.goal_id = goals.goal_id and observed.period_start = goals.baseline_period_start
),

joined as (
    select
        observed.*,
        goals.period_type,
        goals.comparison_group,
        goals.benchmark_value,
        -- a snapshot is of one day
        goals.period_type <> 'snapshot' and coalesce(observed.period_end >= cast(clock.as_of as date), false) as is_open,
        goals.target_value,
        goals.target_on,
        case goals.direction when 'higher' then 1 else -1 end as sign,
        goals.baseline_period_start = observed.period_start as is_baseline,
        -- what was adopted; a goal without a figure of its own starts from what is computed
        coalesce(goals.baseline_value, baselines.value) as baseline_value,
        coalesce(goals.comparison_baseline_value, baselines.comparison_value) as comparison_baseline_value,
        goals.baseline_value as baseline_stored,
        goals.comparison_baseline_value as comparison_baseline_stored,
        baselines.value as baseline_computed,
        baselines.ci_low as baseline_ci_low,
        baselines.ci_high as baseline_ci_high,
        baselines.comparison_value as comparison_baseline_computed,
        baselines.comparison_ci_low as comparison_baseline_ci_low,
        baselines.comparison_ci_high as comparison_baseline_ci_high,
        baselines.period_end as baseline_period_end,
        -- the first of these that holds is the reason of insufficient_data
        case
            when observed.reason is not null then observed.reason
            when baselines.reason is not null then concat('baseline_', baselines.reason)
            when baselines.goal_id is null then 'baseline_not_measured'
        end as no_status_reason,
        row_number() over (partition by observed.goal_id order by is_open asc, observed.period_start desc) = 1 as is_latest
    from observed
    cross join {{ ref('stg_receipts__clock') }} as clock
    inner join {{ ref('dim_goal') }} as goals on observed.goal_id = goals.goal_id
    left join baselines on observed.goal_id = baselines.goal_id
),

-- the statistics see only what they accept
changed as (
    select
        *,
        case
            when no_status_reason is null and not is_baseline
                then {{ stats('change_ci') }}(value, ci_low, ci_high, baseline_computed, baseline_ci_low, baseline_ci_high)
        end as value_change,
        case
            when no_status_reason is null and not is_baseline and comparison_group is not null
                then {{ stats('change_ci') }}(
                    comparison_value, comparison_ci_low, comparison_ci_high,
                    comparison_baseline_computed, comparison_baseline_ci_low, comparison_baseline_ci_high
                )
        end as comparison_change,
        -- the part of the way from the end of the baseline period to the goal's day
        least(1.0, date_diff('day', baseline_period_end, period_end) / nullif(date_diff('day', baseline_period_end, target_on), 0))
            as part_of_the_way
    from joined
),

final as (
    select
        *,
        baseline_value + (target_value - baseline_value) * part_of_the_way as expected_value,
        value - coalesce(benchmark_value, comparison_value) as gap,
        baseline_value - coalesce(benchmark_value, comparison_baseline_value) as gap_baseline,
        coalesce(abs(baseline_stored - baseline_computed) > {{ rule('goal_baseline_tolerance') }} + 1e-9, false)
        or coalesce(
            abs(comparison_baseline_stored - comparison_baseline_computed) > {{ rule('goal_baseline_tolerance') }} + 1e-9, false
        ) as is_baseline_revised,
        coalesce(case sign when 1 then value_change.high < 0 else value_change.low > 0 end, false) as is_target_group_worse,
        coalesce(case sign when 1 then comparison_change.high < 0 else comparison_change.low > 0 end, false) as is_comparison_group_worse
    from changed
)

select * from final
