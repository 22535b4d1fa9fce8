-- one row per goal and period from its baseline on
with
compared as (
    select * from {{ ref('int_goals__with_baseline') }}
),

clock as (
    select * from {{ ref('stg_receipts__clock') }}
),

weighed as (
    select
        compared.*,
        compared.sign * (compared.value - compared.target_value) >= -1e-9 as is_at_target,
        compared.sign * (compared.value - compared.expected_value) >= -1e-9 as is_as_expected,
        -- a goal about everybody has no gap to close
        (compared.comparison_group is null and compared.benchmark_value is null)
        or abs(compared.gap) < abs(compared.gap_baseline) - 1e-9 as is_gap_smaller,
        not compared.is_target_group_worse and not compared.is_comparison_group_worse as is_nobody_worse,
        cast(clock.as_of as date) > compared.target_on
        and (compared.period_end >= compared.target_on or compared.is_latest) as is_past,
        compared.baseline_value between compared.ci_low and compared.ci_high
        and compared.expected_value between compared.ci_low and compared.ci_high as holds_both
    from compared
    cross join clock
),

with_status as (
    select
        *,
        case
            when is_open then null
            when is_baseline_revised then 'baseline_revised'
            when no_status_reason is not null then 'insufficient_data'
            when is_at_target and is_gap_smaller and is_nobody_worse then 'met'
            when is_past then 'not_met'
            when holds_both then 'insufficient_data'
            when is_as_expected and is_nobody_worse then 'on_track'
            else 'off_track'
        end as status
    from weighed
),

figures as (
    select
        goal_id,
        period_type,
        period_start,
        period_end,
        value,
        ci_low,
        ci_high,
        baseline_value,
        expected_value,
        target_value,
        comparison_value,
        comparison_baseline_value,
        gap,
        gap_baseline,
        value_change.low as change_ci_low,
        value_change.high as change_ci_high,
        comparison_change.low as comparison_change_ci_low,
        comparison_change.high as comparison_change_ci_high,
        status,
        case
            when is_open then 'period_open'
            when status in ('met', 'on_track') then null
            when status = 'baseline_revised' then 'stored_and_computed_differ'
            when no_status_reason is not null then no_status_reason
            when status = 'insufficient_data' and is_baseline then 'baseline_period'
            when status = 'insufficient_data' then 'interval_holds_baseline_and_expected'
            when is_target_group_worse then 'target_group_worse'
            when is_comparison_group_worse then 'comparison_group_worse'
            when status = 'off_track' then 'short_of_expected'
            when not is_at_target then 'short_of_target'
            else 'gap_not_smaller'
        end as status_reason,
        is_latest
    from with_status
),

final as (
    {{ without_negative_zeros('figures', ['value', 'expected_value', 'gap', 'gap_baseline', 'change_ci_low', 'change_ci_high']) }}
)

select * from final
