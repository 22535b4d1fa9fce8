-- one row per goal and period from its baseline on: the figures of the target and the comparison group, or why there is none
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
    inner join {{ ref('fct_equity_measures') }} as measures
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
