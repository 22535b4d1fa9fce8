{#
    The three steps from figures to the progress of goals. Each reads a relation, because the public file computes the goals of persons
    from their figures as reported, and the marts from those of today.
#}

{# The figures of the target and the comparison group in each period, or why there is none. `relation`: figures of measures. #}
{% macro goal_figures(relation) -%}
    with
    goals as (
        select * from {{ ref('dim_goal') }}
    ),

    figures as (
        select
            goals.goal_id,
            measures.race_ethnicity_code,
            measures.period_start,
            measures.period_end,
            measures.value,
            measures.ci_low,
            measures.ci_high,
            case
                when measures.value_status <> 'computed' then measures.value_status
                when measures.value is null then 'value_not_computed'
                when measures.race_ethnicity_code <> 'all' and measures.known_race_pct < {{ rule('known_race_for_ratio') }}
                    then 'known_race_below_70'
                when measures.ci_low is null or measures.ci_high is null then 'no_interval'
            end as reason
        from goals
        inner join {{ relation }} as measures
            on
                {{ same_columns('goals', 'measures', [
                    'measure_id', 'measure_version', 'period_type', 'geography_type', 'geography_vintage', 'geoid', 'race_standard',
                    'tabulation', 'method', 'stratum_type', 'stratum_code',
                ]) }}
                and measures.race_ethnicity_code in (goals.target_group, goals.comparison_group)
                and goals.baseline_period_start <= measures.period_start
                -- a quarter or month is compared with that of the baseline's season: the flood of one August is no progress by December
                and (
                    goals.period_type not in ('month', 'quarter')
                    or month(goals.baseline_period_start) = month(measures.period_start)
                )
        -- an unfinished period is no step on the way
        where measures.value_status <> 'incomplete_inside'
    ),

    -- a period counts when either group has a row in it
    periods as (
        select
            goal_id,
            period_start,
            max(period_end) as period_end
        from figures
        group by goal_id, period_start
    ),

    final as (
        select
            goals.goal_id,
            coalesce(periods.period_start, goals.baseline_period_start) as period_start,
            periods.period_end,
            targets.value,
            targets.ci_low,
            targets.ci_high,
            comparisons.value as comparison_value,
            comparisons.ci_low as comparison_ci_low,
            comparisons.ci_high as comparison_ci_high,
            case
                when periods.period_start is null then 'not_measured'
                when targets.goal_id is null then 'target_group_not_measured'
                when targets.reason is not null then targets.reason
                when goals.comparison_group is null then null
                when comparisons.goal_id is null then 'comparison_group_not_measured'
                when comparisons.reason is not null then concat('comparison_group_', comparisons.reason)
            end as reason
        from goals
        left join periods on goals.goal_id = periods.goal_id
        left join figures as targets
            on
                periods.goal_id = targets.goal_id
                and periods.period_start = targets.period_start
                and goals.target_group = targets.race_ethnicity_code
        left join figures as comparisons
            on
                periods.goal_id = comparisons.goal_id
                and periods.period_start = comparisons.period_start
                and goals.comparison_group = comparisons.race_ethnicity_code
    )

    select * from final
{%- endmacro %}


{# `relation`: the rows of goal_figures; with the baseline, the expected value, and groups that got worse. #}
{% macro goal_comparisons(relation) -%}
    with
    observed as (
        select * from {{ relation }}
    ),

    baselines as (
        select observed.*
        from observed
        inner join {{ ref('dim_goal') }} as goals
            on observed.goal_id = goals.goal_id and observed.period_start = goals.baseline_period_start
    ),

    -- periods whose figures do not compare with those of the baseline
    breaks as (
        select distinct
            observed.goal_id,
            observed.period_start
        from observed
        inner join {{ ref('dim_goal') }} as goals on observed.goal_id = goals.goal_id
        inner join {{ ref('dim_series_break') }} as breaks
            on
                goals.measure_id = breaks.measure_id
                and breaks.series_break_on > goals.baseline_period_start
                and breaks.series_break_on <= observed.period_end
        where
            breaks.geography_type = 'all'
            and observed.period_start > goals.baseline_period_start
            and not (breaks.is_by_race_only and goals.target_group = 'all')
    ),

    joined as (
        select
            observed.*,
            goals.period_type,
            goals.comparison_group,
            goals.benchmark_value,
            -- a snapshot is of one day
            goals.period_type <> 'snapshot' and coalesce(observed.period_end >= cast(clock.as_of as date), false) as is_open,
            -- a period keeps the target that held on its last day
            coalesce(earlier.target_value, goals.target_value) as target_value,
            coalesce(earlier.target_on, goals.target_on) as target_on,
            earlier.valid_to as target_valid_to,
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
                when breaks.goal_id is not null then 'series_break'
            end as no_status_reason,
            row_number() over (partition by observed.goal_id order by is_open asc, observed.period_start desc) = 1 as is_latest
        from observed
        cross join {{ ref('stg_receipts__clock') }} as clock
        inner join {{ ref('dim_goal') }} as goals on observed.goal_id = goals.goal_id
        left join baselines on observed.goal_id = baselines.goal_id
        left join breaks on observed.goal_id = breaks.goal_id and observed.period_start = breaks.period_start
        asof left join {{ ref('goal_targets') }} as earlier on observed.goal_id = earlier.goal_id and observed.period_end <= earlier.valid_to
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
{%- endmacro %}


{# `relation`: the rows of goal_comparisons; with the status of each goal and period. #}
{% macro goal_statuses(relation) -%}
    with
    compared as (
        select * from {{ relation }}
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
            -- a target that was replaced before its day was never missed
            least(cast(clock.as_of as date), compared.target_valid_to) > compared.target_on
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
                -- the figure at the start says nothing of the goal's day
                when is_past and is_baseline is not true then 'not_met'
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
{%- endmacro %}
