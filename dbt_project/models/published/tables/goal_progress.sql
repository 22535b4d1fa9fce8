-- one row per goal and closed period from its baseline on
{% set of_figures = [
    'value', 'ci_low', 'ci_high', 'baseline_value', 'expected_value', 'target_value', 'comparison_value', 'comparison_baseline_value',
    'gap', 'gap_baseline', 'change_ci_low', 'change_ci_high', 'comparison_change_ci_low', 'comparison_change_ci_high',
] -%}
with
goals as (
    select
        goals.*,
        protected.is_confidential
    from {{ ref('dim_goal') }} as goals
    inner join {{ ref('int_disclosure__thresholds') }} as protected
        on goals.measure_id = protected.measure_id and goals.measure_version = protected.measure_version
),

-- of persons, a correction that waits changes no goal
progress as (
    select closed.*
    from {{ ref('int_disclosure__closed_goals') }} as closed
    inner join goals on closed.goal_id = goals.goal_id
    where not goals.is_confidential
    union all by name
    select * from {{ ref('int_published__goals_of_persons') }}
),

-- the figures that a row is made of: each group's, now and at the baseline
groups_of as (
    select
        goal_id,
        baseline_period_start,
        unnest([target_group, comparison_group]) as race_ethnicity_code
    from goals
),

made_of as (
    select distinct
        progress.goal_id,
        progress.period_start,
        groups_of.race_ethnicity_code,
        unnest([progress.period_start, groups_of.baseline_period_start]) as at_start
    from progress
    inner join groups_of on progress.goal_id = groups_of.goal_id
    where groups_of.race_ethnicity_code is not null
),

compared as (
    select
        made_of.goal_id,
        made_of.period_start,
        bool_or(
            case
                when figures.publication_status is not null
                    then
                        figures.publication_status = 'suppressed'
                        -- a goal has a status from 70 % of known race on
                        or (goals.is_confidential and made_of.race_ethnicity_code <> 'all' and figures.known_race_pct is null)
                -- an unpublished figure of persons stays hidden; one of others may never have been counted
                else goals.is_confidential or counted.measure_id is not null
            end
        ) as is_hidden,
        bool_or(
            coalesce(figures.publication_status = 'unreliable' or figures.status_reason = 'denominator_below_minimum', false)
        ) as is_unreliable
    from made_of
    inner join goals on made_of.goal_id = goals.goal_id
    {%- for relation, alias in [(ref('equity_measures'), 'figures'), (ref('fct_equity_measures'), 'counted')] %}
    left join {{ relation }} as {{ alias }}
        on
            made_of.at_start = {{ alias }}.period_start
            and made_of.race_ethnicity_code = {{ alias }}.race_ethnicity_code
            {%- for column in slice_columns() | reject('equalto', 'period_start') %}
            and goals.{{ column }} = {{ alias }}.{{ column }}
            {%- endfor %}
    {%- endfor %}
    group by all
),

with_status as (
    select
        progress.*,
        case
            when compared.is_hidden then 'suppressed'
            when compared.is_unreliable then 'unreliable'
            when progress.value is not null then 'published'
            when progress.status_reason in ('no_denominator', 'not_observable') then progress.status_reason
            else 'not_collected'
        end as publication_status
    from progress
    inner join compared on progress.goal_id = compared.goal_id and progress.period_start = compared.period_start
),

final as (
    select
        goal_id,
        period_type,
        period_start,
        period_end,
        publication_status,
        {%- for column in of_figures %}
        case when publication_status not in ('suppressed', 'unreliable') then {{ column }} end as {{ column }},
        {%- endfor %}
        -- met or not is a word about the figures
        case when publication_status not in ('suppressed', 'unreliable') then status end as status,
        case when publication_status in ('suppressed', 'unreliable') then publication_status else status_reason end as status_reason,
        is_latest
    from with_status
)

-- the order of the rows must not reveal what a hidden row counts
select * from final
order by all
